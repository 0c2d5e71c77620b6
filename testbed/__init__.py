"""A real Kubernetes for the tests and the demo, on whatever the machine offers.

Nothing in here is needed in production, and nothing outside of it imports it: it is used as `python3 -m testbed COMMAND`.
It needs the standard library alone, as it runs before anything else is installed.
"""
