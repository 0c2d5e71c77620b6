"""How an expression is read before it is compiled: its tokens, its parts, its paths, and the variables that it may name."""
