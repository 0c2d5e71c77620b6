"""What the watches say, kept and indexed."""
