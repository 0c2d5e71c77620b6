"""Executions and their steps in the store: accepted, started, run, read."""
