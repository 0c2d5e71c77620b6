"""The runner's process: environment, claim, recording, end."""
