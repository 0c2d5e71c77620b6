"""What the API shows of executions: asked of the store within a time, and cut to what the caller may see.

Knows no HTTP but the problems that it raises; what it gives are JSON bytes, or the packed bytes of a value.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final, Literal
from uuid import UUID

from penstock_core import codec, uuid7
from penstock_core.api.executions import Execution
from penstock_core.cluster import Caller
from penstock_core.store.executions import model as store
from penstock_core.store.executions.reading import StepSide
from penstock_gateway import problems
from penstock_gateway.api.authorization import GET, GET_DATA, LIST, Right
from penstock_gateway.api.executions.parameters import Included, Listed
from penstock_gateway.api.executions.presentation import execution_of, step_of
from penstock_gateway.api.executions.step_details import NOTHING, READ_BYTES, READ_BYTES_IN_ALL, details
from penstock_gateway.api.faults import among
from penstock_gateway.api.remembered import Answers
from penstock_gateway.api.services import Services
from penstock_gateway.problems import Problem

READ_SECONDS: Final = 5.0
"""For what one request asks the database at once; beyond it the caller gets a 503 instead of waiting."""
NAMESPACES: Final = 1000
"""In which a caller's right is looked up, one by one, for a list that names none."""
_STEPS: Final = frozenset({"steps", "stepsNextCursor"})
_LISTED: Final = frozenset(field.alias or name for name, field in Execution.model_fields.items()) - _STEPS
Side = StepSide | Literal["error"]
"""What can be read of an attempt."""
Place = Callable[[str], Awaitable[None]]
"""Takes a place for a value of a namespace."""


class Executions:
    """Executions as a caller may see them."""

    def __init__(self, services: Services) -> None:
        self._reading = services.reading
        self._access = services.access
        self._flows = services.flows
        self._values = services.values
        self._recorded: Answers[frozenset[str]] = Answers()
        """Namespaces that have executions."""

    async def listing(self, caller: Caller, listed: Listed, *, cursor: str | None, limit: int, fields: str) -> bytes:
        """One page as JSON; raises the 403 where the caller may list nothing of what was asked for."""
        chosen = _chosen(fields)
        namespaces = await self._namespaces(caller, listed.namespace)
        async with bounded():
            page = await self._reading.executions(listed.filter(namespaces), cursor=cursor, limit=limit)
        found = {item.flow.namespace for item in page.items}
        with_data = await self._access.allowed_namespaces(caller, GET_DATA, found)
        shown = [execution_of(item, data=item.flow.namespace in with_data) for item in page.items]
        return _encoded({"items": [_dump(each, chosen) for each in shown], "nextCursor": page.next_cursor})

    async def one(self, caller: Caller, execution: UUID, included: Included) -> bytes:
        """One execution as JSON, with steps where they are asked for."""
        steps = included.steps
        found = await self.visible(caller, execution, GET)
        data = await self._access.may(caller, GET_DATA, found.flow.namespace)
        if not steps:
            return shown(found, data=data)
        async with self._values.place(found.flow.namespace):
            return await self._with_steps(found, included, data=data)

    async def _with_steps(self, found: store.Execution, included: Included, *, data: bool) -> bytes:
        """With a page of attempts, and with assertions and extractions where the caller may see data."""
        cursor, limit, namespace = included.steps_cursor, included.steps_limit, found.flow.namespace
        async with bounded():
            steps = await self._reading.steps(found.id, namespace=namespace, cursor=cursor, limit=limit + 1)
            stored = (
                await self._reading.step_details(
                    found.id,
                    namespace=namespace,
                    each=READ_BYTES,
                    total=READ_BYTES_IN_ALL,
                    cursor=cursor,
                    limit=limit,
                )
                if data
                else []
            )
        return await asyncio.to_thread(_render, found, steps, stored, limit=limit, data=data)

    async def value_of_step(
        self, caller: Caller, execution: UUID, place: Place, *, path: str, attempt: int, side: Side
    ) -> bytes | None:
        """One value of an attempt, packed; None where there is none. It has a place until the answer is sent, as all values."""
        found = await self.visible(caller, execution, GET_DATA)
        await place(found.flow.namespace)
        async with bounded():
            return await self._value_of_step(found, path=path, attempt=attempt, side=side)

    async def trigger(self, caller: Caller, execution: UUID, place: Place) -> bytes | None:
        """What started it, packed; None where it is not kept."""
        found = await self.visible(caller, execution, GET_DATA)
        await place(found.flow.namespace)
        async with bounded():
            return await self._reading.payload(execution, namespace=found.flow.namespace)

    async def definition(self, caller: Caller, execution: UUID, place: Place) -> bytes | None:
        """The flow as it was then, packed; None where it is no longer kept."""
        found = await self.visible(caller, execution, GET_DATA)
        await place(found.flow.namespace)
        async with bounded():
            return await self._reading.definition(namespace=found.flow.namespace, hash=found.flow.definition_hash)

    async def _value_of_step(self, found: store.Execution, *, path: str, attempt: int, side: Side) -> bytes | None:
        which: dict[str, Any] = {"namespace": found.flow.namespace, "path": path, "attempt": attempt}
        if "\x00" in path or not 0 < attempt < 2**31:
            return None
        if side != "error":
            return await self._reading.step_value(found.id, **which, side=side)
        failed = await self._reading.step_error(found.id, **which)
        return codec.pack({"code": failed[0], "message": failed[1]}).data if failed else None

    async def visible(self, caller: Caller, execution: UUID, right: Right) -> store.Execution:
        """The execution, if the caller has the right; the 404 hides what the caller may not even get."""
        # an id whose time lies far off is none of ours, whatever a row may say
        found = None
        if not uuid7.is_far_off(execution, datetime.now(UTC)):
            async with bounded():
                found = await self._reading.execution(execution)
        if found is not None:
            namespace = found.flow.namespace
            if await self._access.may(caller, right, namespace):
                return found
            if right != GET and await self._access.may(caller, GET, namespace):
                raise self._access.not_permitted(caller, right, namespace)
        raise Problem(problems.NO_SUCH_EXECUTION, "There is none of this id, or not in a namespace that you may see.")

    async def _namespaces(self, caller: Caller, namespace: str) -> tuple[str, ...] | None:
        """Those that a list shows, None for all; raises the 403, and the 400 where they are too many to look at each."""
        if namespace:
            await self._access.require(caller, LIST, namespace)
            return (namespace,)
        if await self._access.may(caller, LIST, ""):
            return None
        # what ran stays to be seen where no flow is left
        known = self._flows.namespaces() | await self._recorded.recall("", self._namespaces_recorded)
        if len(known) > NAMESPACES:
            raise Problem(problems.MALFORMED_REQUEST, f"There are more than {NAMESPACES} namespaces: name `namespace`.")
        allowed = await self._access.allowed_namespaces(caller, LIST, known)
        if not allowed:
            raise self._access.not_permitted(caller, LIST, "")
        return tuple(sorted(allowed))

    async def _namespaces_recorded(self) -> frozenset[str]:
        async with bounded():
            return await self._reading.namespaces(limit=NAMESPACES + 1)


@asynccontextmanager
async def bounded() -> AsyncIterator[None]:
    """Within the time for one request's queries; raises the 503 beyond it."""
    try:
        async with asyncio.timeout(READ_SECONDS):
            yield
    except TimeoutError as error:
        raise problems.read_unavailable() from error


def shown(found: store.Execution, *, data: bool) -> bytes:
    """An execution without its steps as JSON."""
    return _encoded(_dump(execution_of(found, data=data), _LISTED))


def _render(
    found: store.Execution,
    steps: Sequence[store.Step],
    stored: Sequence[store.StepDetails],
    *,
    limit: int,
    data: bool,
) -> bytes:
    """An execution with at most `limit` of the steps as JSON; thousands take a while, so in a thread."""
    shown = details(stored)
    page = tuple(step_of(step, shown.get((step.path, step.attempt), NOTHING), data=data) for step in steps[:limit])
    cursor = steps[limit - 1].cursor if len(steps) > limit else None
    return _encoded(_dump(execution_of(found, data=data, steps=page, steps_next_cursor=cursor), _LISTED | _STEPS))


def _chosen(fields: str) -> frozenset[str]:
    names = frozenset(name.strip() for name in fields.split(",") if name.strip())
    unknown = sorted(names - _LISTED)
    if unknown:
        raise Problem(problems.MALFORMED_REQUEST, f"{among('fields', sorted(_LISTED), unknown[0][:100])}.")
    return names or _LISTED


def _dump(execution: Execution, members: frozenset[str]) -> dict[str, Any]:
    return {key: item for key, item in execution.model_dump(mode="json", by_alias=True).items() if key in members}


def _encoded(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")
