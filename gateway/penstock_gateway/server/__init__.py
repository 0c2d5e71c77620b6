"""The process: protocol, limits, health, start and end."""
