"""The schema: migrations, partitions, upkeep."""
