"""Jobs and pods of executions: indexed, and read for what went wrong."""
