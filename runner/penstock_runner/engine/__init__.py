"""Runs a definition: steps, attempts, conditions, records; knows no action, database or cluster."""
