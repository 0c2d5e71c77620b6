"""How many webhooks of an instance were refused, and why: what the gateway counts and the operator tells the owner."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from psycopg import DatabaseError
from psycopg.rows import DictRow

from penstock_core.errors import StoreError
from penstock_core.executions.states import Refusal
from penstock_core.store.connection.database import Database
from penstock_core.store.connection.queries import load

_QUERIES = load("flows/refusals")
PAUSE_SECONDS: Final = 600.0
"""Between two tellings of one cause of an instance."""
GATHER_SECONDS: Final = 15.0
"""Before the first telling: a sender who tries three times in a row is told of as three, though each gateway writes its counts
every ten seconds, and the next telling is far off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """So many webhooks of an instance, `uid`, since a time."""

    namespace: str
    name: str
    uid: str
    cause: Refusal
    count: int
    since: datetime


class Refusals(Database):
    """Rows are bounded by the instances that there are and the causes."""

    async def add(self, counts: Mapping[tuple[str, Refusal], int]) -> None:
        """Adds counts, by the instance's uid and the cause; those of instances that the store does not know are dropped.

        Raises StoreError where they are to be added later: an instance went that moment, or the schema is still the one of the
        release before.
        """
        try:
            await self.count(
                _QUERIES["count"],
                uids=[uid for uid, _ in counts],
                causes=[str(cause) for _, cause in counts],
                counts=list(counts.values()),
            )
        except DatabaseError as error:
            raise StoreError(f"refusals were not counted: {type(error).__name__}") from error

    async def take(
        self, *, limit: int, pause_s: float = PAUSE_SECONDS, gather_s: float = GATHER_SECONDS
    ) -> list[Refused]:
        """What is to be told now, at most so much: what began `gather_s` ago, and was not given within `pause_s`."""
        waits = {"pause": pause_s, "gather": gather_s}
        return await self.values("refusals", _QUERIES["take"], _refused, limit=limit, **waits)


def _refused(row: DictRow) -> Refused:
    values = {name: row[name] for name in Refused.__slots__}
    return Refused(**{**values, "cause": Refusal(row["cause"])})
