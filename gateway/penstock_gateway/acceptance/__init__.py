"""From a checked request to a durable execution and its Job."""
