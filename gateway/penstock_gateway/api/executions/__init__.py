"""Executions over REST: lists, one, its steps."""
