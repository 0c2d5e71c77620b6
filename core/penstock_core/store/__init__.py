"""The database: migrations, named queries, one method a query.

Nothing is imported here, so that the runner pays for `store.running` and `store.records` alone.
Values are in `records` (the runner's) and `model` (all of them), queries in the `.sql` file beside each module.
"""
