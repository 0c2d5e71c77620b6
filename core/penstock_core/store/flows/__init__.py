"""What the store knows of flows: pauses, missed ticks, counts, last executions."""
