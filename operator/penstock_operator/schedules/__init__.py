"""Schedules: the ticks that nobody ran."""
