"""The python action: user code in a worker process without secrets."""
