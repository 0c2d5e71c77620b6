"""What values of a flow are, whoever has them: in Python, as text, as JSON, and as people write spans and moments of time."""
