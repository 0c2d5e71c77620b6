"""The actions of a step as users write them: one module a kind."""
