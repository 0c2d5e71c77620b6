"""How a function is declared, called, bounded and understood when it fails, whichever topic it belongs to."""
