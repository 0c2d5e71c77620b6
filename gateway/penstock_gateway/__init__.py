"""The FastAPI gateway: turns webhooks into durable executions and their Jobs, and serves the REST API."""
