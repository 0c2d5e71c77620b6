"""Instances: resolved, deployed, told about, removed."""
