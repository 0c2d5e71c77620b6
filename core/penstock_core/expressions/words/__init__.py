"""What an expression's author reads when something is wrong: it does not compile, or failed with the values that it had."""
