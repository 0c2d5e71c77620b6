"""What everybody must know of an execution: its identity, states, records, errors, and when it is tried again."""
