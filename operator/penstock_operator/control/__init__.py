"""How work is repeated: queues with back-off, loops with a pulse."""
