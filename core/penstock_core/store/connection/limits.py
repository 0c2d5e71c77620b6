"""How long statements may wait for locks, and run: every bound of operator and gateway, in one place.

A tenant may hold what a statement needs, for as long as it likes; nobody waits for it without end.
`SET LOCAL` in the statement's own transaction, or a setting of the role: neither is session state, so both hold through a
PgBouncer that pools transactions.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from psycopg import AsyncConnection


class Limits(NamedTuple):
    """Milliseconds: `lock_ms` of one wait for a lock, `statement_ms` of one statement with all of its waits."""

    lock_ms: int
    statement_ms: int

    async def apply(self, connection: AsyncConnection[Any]) -> None:
        """Bounds what follows in the transaction that is open."""
        await connection.execute(
            b"select set_config('lock_timeout', '%dms', true), set_config('statement_timeout', '%dms', true)"
            % (self.lock_ms, self.statement_ms)
        )


OPERATOR: Final = Limits(lock_ms=1_000, statement_ms=30_000)
"""Of the operator's pool."""
READING: Final = Limits(lock_ms=1_000, statement_ms=6_000)
"""Of the gateway's pool for the API, which answers after 5 s at the latest."""
UPKEEP: Final = Limits(lock_ms=2_000, statement_ms=100_000)
"""Of what moves and removes many rows: within the time of one step of a loop, and a partition's change makes readers wait no
longer than the first before it gives way to them."""
ROLES: Final = Limits(lock_ms=5_000, statement_ms=30_000)
"""Of what makes roles: one at a time does, and many namespaces may stand in line; no tenant can hold that lock."""
REMOVAL: Final = Limits(lock_ms=2_000, statement_ms=20_000)
"""Of one step of a role's removal, which is repeated until the role is gone."""
MIGRATION: Final = Limits(lock_ms=2_000, statement_ms=600_000)
"""Of a statement of a migration, which may have to read a whole table."""

GATEWAY_ROLE: Final[Mapping[str, str]] = {
    "lock_timeout": "1s",
    "statement_timeout": "6s",
    "idle_in_transaction_session_timeout": "10s",
}
"""Of every session of the gateway's role: acceptances share a commit that has no round trip to spare for its limits."""
RUNNER_ROLE: Final[Mapping[str, str]] = {"lock_timeout": "10s", "idle_in_transaction_session_timeout": "30s"}
"""Of a new session of a runner's role, which may set them otherwise: a runner that froze inside of a transaction frees its
rows; one that works never comes near, and tries again after either."""
LONG_TRANSACTION_SECONDS: Final = 60.0
"""After which the operator ends a session of a runner's role, whatever that has set."""
