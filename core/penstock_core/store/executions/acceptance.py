"""How the gateway's executions come to be: a batch of acceptances in one commit.

1. Repeats inside the batch are set aside: two rows of one key cannot go into one statement.
2. If a flow with a limit is among them, its row in `flow_slots` is locked first, and what is decided under it is exact.
3. One statement claims the keys and stores what is new (`new_executions`).
4. Under a limit, the oldest queued executions move to starting, as many as there is room for.

Everything is sent in one go; only a repeat costs a second question, for the state of its execution.
Keys and flows are locked in their order, so that batches do not deadlock.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from penstock_core.errors import StoreError
from penstock_core.states import ExecutionState
from penstock_core.store.connection.database import Database
from penstock_core.store.connection.queries import load
from penstock_core.store.executions.live import own
from penstock_core.store.executions.model import Accepted, AcceptedBatch, Full, Repeated, Started
from penstock_core.store.executions.new_executions import STORE, Acceptance, columns

_QUERIES = load("executions/acceptance")

_Outcome = Accepted | Repeated | Full


class Acceptances(Database):
    """What the gateway stores before it answers."""

    async def may_store(self) -> bool:
        """False while the database is not migrated to this release, or has not granted this role anything yet."""
        return await self.row(_QUERIES["may_store"]) is not None

    async def ensure_definition(self, *, namespace: str, hash: str, packed: bytes) -> None:  # noqa: A002
        """Keeps a definition, so that executions can name it by its hash."""
        await self.count(_QUERIES["ensure_definition"], namespace=namespace, hash=hash, definition=packed)

    async def accept(self, batch: Sequence[Acceptance]) -> AcceptedBatch:
        """Stores a batch, durably when this returns; a full flow or a repeated key fails no other item.

        After StoreUnavailable the same batch may be sent again: what had arrived is not stored twice.
        """
        leaders = _leaders(batch)
        distinct = [item for item in batch if leaders[item.id].id == item.id]
        found, promoted = await self._store(distinct)
        stored = {row["id"]: row for row in found}
        namespaces = {item.id: item.flow.namespace for item in distinct}
        repeats = {row["execution_id"]: namespaces[row["id"]] for row in found if row["execution_id"] != row["id"]}
        states = await self._states(repeats) if repeats else {}
        started = _started(distinct, stored, self._pool.aside.values("queue", promoted, own))
        moved = {each.id for each in started}
        outcomes = (_outcome(item, leaders[item.id], stored, states, moved) for item in batch)
        return AcceptedBatch(outcomes=tuple(outcomes), started=started)

    async def _store(self, batch: Sequence[Acceptance]) -> tuple[list[DictRow], list[DictRow]]:
        limited = [item for item in batch if item.limit is not None]
        if not limited:
            return await self.rows(STORE, **columns(batch)), []
        async with self.pipeline() as (connection, _):
            return await _store_limited(connection, batch, limited)

    async def _states(self, repeats: Mapping[UUID, str]) -> dict[UUID, ExecutionState]:
        """Of executions by their namespaces: a key that names another's is answered as if that had just begun."""
        found = await self.rows(_QUERIES["states"], ids=list(repeats), namespaces=list(repeats.values()))
        return {row["id"]: ExecutionState(row["state"]) for row in found}


async def _store_limited(
    connection: AsyncConnection[DictRow], batch: Sequence[Acceptance], limited: Sequence[Acceptance]
) -> tuple[list[DictRow], list[DictRow]]:
    """Lock, store, promote: all are on their way before the first answer is read."""
    slots = _slots(limited)
    await connection.execute(_QUERIES["make_slots"].encode(), slots)
    await connection.execute(_QUERIES["lock_slots"].encode(), slots)
    stored = await connection.cursor(binary=True).execute(STORE.encode(), columns(batch))
    promoted = await connection.cursor(binary=True).execute(
        _QUERIES["promote"].encode(), _slots([item for item in limited if item.start], most=len(batch))
    )
    return await stored.fetchall(), await promoted.fetchall()


def _slots(items: Iterable[Acceptance], *, most: int = 0) -> dict[str, list[Any]]:
    """The flows of limited acceptances, each once, with the limit that the newest item names."""
    limits = {(item.flow.namespace, item.flow.flow_uid): item.limit for item in items}
    return {
        "namespaces": [namespace for namespace, _ in limits],
        "flow_uids": [flow_uid for _, flow_uid in limits],
        "limits": list(limits.values()),
        "most": [most] * len(limits),
    }


def _key(item: Acceptance) -> tuple[str, str, str, bytes] | None:
    key, flow = item.idempotency, item.flow
    return None if key is None else (flow.namespace, flow.flow_uid, key.kind, key.digest)


def _leaders(batch: Sequence[Acceptance]) -> dict[UUID, Acceptance]:
    """For each item the first one of the batch with the same key: itself, mostly."""
    first: dict[tuple[str, str, str, bytes] | UUID, Acceptance] = {}
    return {item.id: first.setdefault(_key(item) or item.id, item) for item in batch}


def _started(
    batch: Sequence[Acceptance], stored: Mapping[UUID, DictRow], promoted: Sequence[DictRow]
) -> tuple[Started, ...]:
    free = [item for item in batch if item.state is ExecutionState.STARTING and _is_new(item, stored)]
    return (
        *(Started(id=item.id, namespace=item.flow.namespace, flow_uid=item.flow.flow_uid) for item in free),
        *(Started(**row) for row in promoted),
    )


def _is_new(item: Acceptance, stored: Mapping[UUID, DictRow]) -> bool:
    row = stored.get(item.id)
    return row is not None and row["execution_id"] == item.id


def _outcome(
    item: Acceptance,
    leader: Acceptance,
    stored: Mapping[UUID, DictRow],
    states: Mapping[UUID, ExecutionState],
    moved: set[UUID],
) -> _Outcome:
    row = stored.get(leader.id)
    if row is None:
        return Full()
    identifier = row["execution_id"]
    stays = ExecutionState.SKIPPED if leader.skipped else ExecutionState.QUEUED
    state = ExecutionState.STARTING if identifier in moved else states.get(identifier, stays)
    if identifier == item.id:
        return Accepted(id=identifier, state=state)
    if item.idempotency is None:
        raise StoreError(f"execution {item.id} was stored as {identifier}, though it has no key")
    return Repeated(id=identifier, state=state, same_body=item.idempotency.body_sha256 == row["body_sha256"])
