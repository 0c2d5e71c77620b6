"""How long tests wait for what, in seconds, in one table.

These are bounds for a loaded machine with two cores, not expectations: what is fast is measured in the bench.
"""

from typing import Final

RECONCILED: Final = 60.0
"""A resource was applied: its conditions, and all that follows from it, are there."""
SEEN: Final = 10.0
"""Something was written to the API server: whoever watches it acts accordingly."""
EXECUTION_ENDED: Final = 90.0
"""An execution was accepted: it has its final state."""
RECOVERED: Final = 180.0
"""Something was killed: what it was doing has its final state (the promise is two minutes after the death)."""
TICK: Final = 150.0
"""A schedule of every minute: its first tick ran."""
ROLLED_OUT: Final = 180.0
"""A Deployment or StatefulSet is ready."""
GONE: Final = 90.0
"""A deleted object no longer exists."""
QUIET: Final = 8.0
"""How long to watch that nothing happens."""
