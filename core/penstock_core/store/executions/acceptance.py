"""How the gateway's executions come to be: a batch of acceptances in one commit.

1. Repeats inside the batch are set aside: two rows of one key cannot go into one statement.
2. If a flow with a limit is among them, its row in `flow_slots` is locked first, and what is decided under it is exact.
3. Guards, the second keys of signed requests, are claimed; what is sent again goes no further.
4. One statement claims the keys and stores what is new (`new_executions`), also where a key's execution failed and gave it back.
5. Under a limit, the oldest queued executions move to starting, as many as there is room for.
6. A guard whose request was another's repeat, or found its flow full, is settled.

Without guards everything is sent in one go; only a repeat costs a second question, for the state of its execution.
Flows, guards and keys are locked in this order, and each in its own, so that batches do not deadlock.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection, AsyncCursor
from psycopg.rows import DictRow

from penstock_core.errors import StoreError
from penstock_core.executions.states import ExecutionState
from penstock_core.store.connection.database import Database, rows
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
        later = [item for item in batch if _guard_differs(item, leaders[item.id])]
        if later:
            return await self._accept_in_turn(batch, {item.id for item in later})
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

    async def _accept_in_turn(self, batch: Sequence[Acceptance], later: set[UUID]) -> AcceptedBatch:
        """What repeats another item's key under a guard of its own comes after it, so that its guard is claimed too."""
        parts = [[item for item in batch if (item.id in later) is last] for last in (False, True)]
        accepted = [await self.accept(part) for part in parts]
        outcomes = {
            item.id: outcome
            for part, done in zip(parts, accepted, strict=True)
            for item, outcome in zip(part, done.outcomes, strict=True)
        }
        started = tuple(each for done in accepted for each in done.started)
        return AcceptedBatch(outcomes=tuple(outcomes[item.id] for item in batch), started=started)

    async def _store(self, batch: Sequence[Acceptance]) -> tuple[list[DictRow], list[DictRow]]:
        limited = [item for item in batch if item.limit is not None]
        if any(item.guard for item in batch):
            async with self.transaction() as connection:
                return await _store_guarded(connection, batch, limited)
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
    await _lock(connection, limited)
    stored = await connection.cursor(binary=True).execute(STORE.encode(), columns(batch))
    promoted = await _promote(connection, limited, most=len(batch))
    return await stored.fetchall(), await promoted.fetchall()


async def _store_guarded(
    connection: AsyncConnection[DictRow], batch: Sequence[Acceptance], limited: Sequence[Acceptance]
) -> tuple[list[DictRow], list[DictRow]]:
    """Lock, claim the guards, store what is no replay, promote, settle."""
    if limited:
        await _lock(connection, limited)
    replayed = await _replayed(connection, [item for item in batch if item.guard])
    fresh = [item for item in batch if item.id not in replayed]
    stored = await rows(connection, STORE, **columns(fresh)) if fresh else []
    promoted = await (await _promote(connection, limited, most=len(batch))).fetchall() if limited else []
    await _settle(connection, [item for item in fresh if item.guard], {row["id"]: row for row in stored})
    return [*stored, *replayed.values()], promoted


async def _lock(connection: AsyncConnection[DictRow], limited: Sequence[Acceptance]) -> None:
    slots = _slots(limited)
    await connection.execute(_QUERIES["make_slots"].encode(), slots)
    await connection.execute(_QUERIES["lock_slots"].encode(), slots)


async def _promote(
    connection: AsyncConnection[DictRow], limited: Sequence[Acceptance], *, most: int
) -> AsyncCursor[DictRow]:
    starting = _slots([item for item in limited if item.start], most=most)
    return await connection.cursor(binary=True).execute(_QUERIES["promote"].encode(), starting)


async def _replayed(connection: AsyncConnection[DictRow], guarded: Sequence[Acceptance]) -> dict[UUID, DictRow]:
    """Of items whose guard is another execution's: a row as `STORE` gives it, by the item's id."""
    ids = [item.id for item in guarded]
    bodies, seconds = zip(
        *((item.guard.body_sha256, item.guard.window_seconds) for item in guarded if item.guard), strict=True
    )
    claimed = await rows(
        connection,
        _QUERIES["claim_guards"],
        **_guards(guarded),
        ids=ids,
        bodies=list(bodies),
        seconds=list(seconds),
    )
    found = {(row["namespace"], row["flow_uid"], bytes(row["key_sha256"])): row for row in claimed}
    replayed = {}
    for item in guarded:
        if item.guard is not None:
            row = found[item.flow.namespace, item.flow.flow_uid, item.guard.digest]
            if row["execution_id"] != item.id:
                replayed[item.id] = {**row, "id": item.id}
    return replayed


async def _settle(
    connection: AsyncConnection[DictRow], guarded: Sequence[Acceptance], stored: Mapping[UUID, DictRow]
) -> None:
    """An item that was another's by its own key takes its guard there; one that was not stored leaves none."""
    became = {item.id: stored[item.id]["execution_id"] if item.id in stored else None for item in guarded}
    moved = [item for item in guarded if became[item.id] != item.id]
    if moved:
        executions = [became[item.id] for item in moved]
        await connection.execute(_QUERIES["settle_guards"].encode(), {**_guards(moved), "executions": executions})


def _guards(items: Iterable[Acceptance]) -> dict[str, list[Any]]:
    """The guards' keys by columns."""
    guards = [(item.flow, item.guard) for item in items if item.guard is not None]
    return {
        "namespaces": [flow.namespace for flow, _ in guards],
        "flow_uids": [flow.flow_uid for flow, _ in guards],
        "kinds": [guard.kind for _, guard in guards],
        "keys": [guard.digest for _, guard in guards],
    }


def _slots(items: Iterable[Acceptance], *, most: int = 0) -> dict[str, list[Any]]:
    """The flows of limited acceptances, each once, with the limit that the newest item names."""
    limits = {(item.flow.namespace, item.flow.flow_uid): item.limit for item in items}
    return {
        "namespaces": [namespace for namespace, _ in limits],
        "flow_uids": [flow_uid for _, flow_uid in limits],
        "limits": list(limits.values()),
        "most": [most] * len(limits),
    }


_Key = tuple[str, str, str, bytes]


def _keys(item: Acceptance) -> list[_Key]:
    """What tells an item from others, the guard first."""
    flow = item.flow
    return [(flow.namespace, flow.flow_uid, key.kind, key.digest) for key in (item.guard, item.idempotency) if key]


def _leaders(batch: Sequence[Acceptance]) -> dict[UUID, Acceptance]:
    """For each item the first one of the batch with the same key: itself, mostly."""
    first: dict[_Key, Acceptance] = {}
    leaders: dict[UUID, Acceptance] = {}
    for item in batch:
        keys = _keys(item)
        leader = next((first[key] for key in keys if key in first), item)
        leaders[item.id] = leader
        for key in keys:
            first.setdefault(key, leader)
    return leaders


def _guard_differs(item: Acceptance, leader: Acceptance) -> bool:
    return item.guard is not None and (leader.guard is None or leader.guard.digest != item.guard.digest)


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
        return Accepted(id=identifier, state=state, repeat_of=row["repeat_of"])
    key = item.idempotency or item.guard
    if key is None:
        raise StoreError(f"execution {item.id} was stored as {identifier}, though it has no key")
    return Repeated(id=identifier, state=state, same_body=key.body_sha256 == row["body_sha256"])
