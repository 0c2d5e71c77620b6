"""The http action: a request, its answer as a value."""
