"""Writing to the API server: apply, conditions, status and Events."""
