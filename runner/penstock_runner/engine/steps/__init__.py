"""One step: whether it runs, its attempts, and what is made of its result."""
