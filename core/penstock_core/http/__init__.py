"""What HTTP allows: addresses and header fields, read and written the one way."""
