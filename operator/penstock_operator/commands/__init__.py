"""What the operator's image runs besides the operator: one command a module."""
