"""What the routes of executions ask the store, as answers."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, Literal
from uuid import UUID

from fastapi import Response

from penstock_core import codec
from penstock_core.api.executions import Execution
from penstock_core.cluster import Caller
from penstock_core.store.executions import model as store
from penstock_core.store.executions.reading import Reading, StepSide
from penstock_gateway import problems
from penstock_gateway.api import authorization as access
from penstock_gateway.api.authorization import Access, Right
from penstock_gateway.api.executions.parameters import Included, Listed
from penstock_gateway.api.executions.presentation import execution_of, step_of
from penstock_gateway.api.executions.step_details import NOTHING, READ_BYTES, READ_BYTES_IN_ALL, details
from penstock_gateway.api.remembered import Answers
from penstock_gateway.api.values.responses import Places
from penstock_gateway.flows import FlowTable
from penstock_gateway.problems import Problem

READ_SECONDS: Final = 5.0
"""For what one request asks the database at once; beyond it the caller gets a 503 instead of waiting."""
NAMESPACES: Final = 1000
"""In which a caller's right is looked up, one by one, for a list that names none."""
_STEPS: Final = frozenset({"steps", "stepsNextCursor"})
_LISTED: Final = frozenset(field.alias or name for name, field in Execution.model_fields.items()) - _STEPS
Side = StepSide | Literal["error"]
"""What can be read of an attempt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Executions:
    """What the routes ask for, within what the caller may see."""

    reading: Reading
    access: Access
    flows: FlowTable
    places: Places
    recorded: Answers[frozenset[str]]
    """Namespaces that have executions."""

    async def listing(self, caller: Caller, listed: Listed, *, cursor: str | None, limit: int, fields: str) -> Response:
        """One page; raises the 403 where the caller may list nothing of what was asked for."""
        chosen = _chosen(fields)
        namespaces = await self._namespaces(caller, listed.namespace)
        async with bounded():
            page = await self.reading.executions(listed.filter(namespaces), cursor=cursor, limit=limit)
        found = {item.flow.namespace for item in page.items}
        with_data = await self.access.allowed_namespaces(caller, access.GET_DATA, found)
        shown = [execution_of(item, data=item.flow.namespace in with_data) for item in page.items]
        return _json(_encoded({"items": [_dump(each, chosen) for each in shown], "nextCursor": page.next_cursor}))

    async def one(self, caller: Caller, execution: UUID, included: Included) -> Response:
        """One execution, with steps where they are asked for."""
        steps = included.steps
        found = await self.visible(caller, execution, access.GET)
        data = await self.access.may(caller, access.GET_DATA, found.flow.namespace)
        if not steps:
            return _json(_encoded(_dump(execution_of(found, data=data), _LISTED)))
        async with self.places.place():
            return _json(await self._with_steps(found, included, data=data))

    async def _with_steps(self, found: store.Execution, included: Included, *, data: bool) -> bytes:
        """With a page of attempts, and with assertions and extractions where the caller may see data."""
        cursor, limit = included.steps_cursor, included.steps_limit
        async with bounded():
            steps = await self.reading.steps(found.id, cursor=cursor, limit=limit + 1)
            stored = (
                await self.reading.step_details(
                    found.id, each=READ_BYTES, total=READ_BYTES_IN_ALL, cursor=cursor, limit=limit
                )
                if data
                else []
            )
        return await asyncio.to_thread(_render, found, steps, stored, limit=limit, data=data)

    async def value_of_step(self, execution: UUID, *, path: str, attempt: int, side: Side) -> bytes | None:
        """One value of an attempt, packed; None where there is none."""
        if "\x00" in path or not 0 < attempt < 2**31:
            return None
        if side != "error":
            return await self.reading.step_value(execution, path=path, attempt=attempt, side=side)
        failed = await self.reading.step_error(execution, path=path, attempt=attempt)
        return codec.pack({"code": failed[0], "message": failed[1]}).data if failed else None

    async def visible(self, caller: Caller, execution: UUID, right: Right) -> store.Execution:
        """The execution, if the caller has the right; the 404 hides what the caller may not even get."""
        async with bounded():
            found = await self.reading.execution(execution)
        if found is not None:
            namespace = found.flow.namespace
            if await self.access.may(caller, right, namespace):
                return found
            if right != access.GET and await self.access.may(caller, access.GET, namespace):
                raise access.not_permitted(caller, right, namespace)
        raise Problem(problems.NO_SUCH_EXECUTION, "There is none of this id, or not in a namespace that you may see.")

    async def _namespaces(self, caller: Caller, namespace: str) -> tuple[str, ...] | None:
        """Those that a list shows, None for all; raises the 403, and the 400 where they are too many to look at each."""
        if namespace:
            await self.access.require(caller, access.LIST, namespace)
            return (namespace,)
        if await self.access.may(caller, access.LIST, ""):
            return None
        # what ran stays to be seen where no flow is left
        known = self.flows.namespaces() | await self.recorded.recall("", self._recorded)
        if len(known) > NAMESPACES:
            raise Problem(problems.MALFORMED_REQUEST, f"There are more than {NAMESPACES} namespaces: name `namespace`.")
        allowed = await self.access.allowed_namespaces(caller, access.LIST, known)
        if not allowed:
            raise access.not_permitted(caller, access.LIST, "")
        return tuple(sorted(allowed))

    async def _recorded(self) -> frozenset[str]:
        async with bounded():
            return await self.reading.namespaces(limit=NAMESPACES + 1)


@asynccontextmanager
async def bounded() -> AsyncIterator[None]:
    """Within the time for one request's queries; raises the 503 beyond it."""
    try:
        async with asyncio.timeout(READ_SECONDS):
            yield
    except TimeoutError as error:
        raise problems.read_unavailable() from error


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
        raise Problem(problems.MALFORMED_REQUEST, f"`fields` may name {', '.join(sorted(_LISTED))}; not {unknown[0]}.")
    return names or _LISTED


def _dump(execution: Execution, members: frozenset[str]) -> dict[str, Any]:
    return {key: item for key, item in execution.model_dump(mode="json", by_alias=True).items() if key in members}


def _encoded(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")


def _json(content: bytes) -> Response:
    return Response(content, media_type="application/json")
