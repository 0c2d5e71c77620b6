"""The database's maintenance: partitions, expired keys, forgotten rows."""

from datetime import datetime
from typing import Any, Never

from operator_stand import Clock
from penstock_core.errors import StoreUnavailable
from penstock_core.store.schema import maintenance
from penstock_operator.maintenance import Housekeeping


class Maintenance(maintenance.Maintenance):
    """Partitions cannot be touched: somebody reads the tables for hours."""

    def __init__(self) -> None:
        self.done: list[str] = []

    async def create_partitions(self, now: datetime, *, days: int = 2) -> Never:
        raise StoreUnavailable("canceling statement due to lock timeout")

    async def drop_partitions(self, now: datetime, *, days: int = 30) -> Never:
        raise StoreUnavailable("canceling statement due to lock timeout")

    async def delete_expired_keys(self, *, batch: int = 1000) -> int:
        self.done.append("keys")
        return 1

    async def sweep_default(self, now: datetime, *, days: int = 30, batch: int = 1000) -> int:
        self.done.append("rows")
        return 1


async def test_each_part_of_the_maintenance_stands_alone(clock: Clock) -> None:
    """A long reader of the tables does not keep expired keys and forgotten rows."""
    maintenance: Any = Maintenance()
    failed = []
    for loop in Housekeeping(maintenance, clock=clock, retention_days=30).loops():
        try:
            await loop.step()
        except StoreUnavailable:
            failed.append(loop.name)

    assert failed == ["partitions-ahead", "partitions-over"]
    assert maintenance.done == ["keys", "rows"]
