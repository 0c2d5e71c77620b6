"""The CEL library: how it is set up, what is compiled in it, and what it would do wrong and is kept from."""
