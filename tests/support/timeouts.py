"""How long tests wait for what, in seconds, in one table.

These are bounds for a machine three times slower than a loaded one with two cores, not expectations: what is fast is measured in the bench.
"""

from typing import Final

RECONCILED: Final = 180.0
"""A resource was applied: its conditions, and all that follows from it, are there."""
SEEN: Final = 60.0
"""Something was written to the API server: whoever watches it acts accordingly."""
EXECUTION_ENDED: Final = 270.0
"""An execution was accepted: it has its final state."""
RECOVERED: Final = 300.0
"""Something was killed: what it was doing has its final state (the promise is two minutes after the death)."""
TICK: Final = 240.0
"""A schedule of every minute: its first tick ran."""
ROLLED_OUT: Final = 360.0
"""A Deployment or StatefulSet is ready, and what was there before it has ended."""
GONE: Final = 270.0
"""A deleted object no longer exists."""
ANSWERED: Final = 60.0
"""A request was sent to a gateway or a program in the cluster: it has its answer."""
COMMAND: Final = 300.0
"""kubectl or helm was called, and waits for nothing in the cluster: it has ended."""
QUIET: Final = 8.0
"""How long to watch that nothing happens."""
STRUCK: Final = 20.0
"""How long a flow stands still, so that a test that saw it there can strike before it goes on."""
CLEAR_OF_A_TICK: Final = 45.0
"""What a test needs between two ticks of a schedule, so that none comes while it looks."""
TEST: Final = 1800.0
"""One test with its turn on the installation, which it may have to wait for: the guard against a hang."""
