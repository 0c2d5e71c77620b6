"""The runner: one short-lived process an execution, with the fewest imports that the work allows."""
