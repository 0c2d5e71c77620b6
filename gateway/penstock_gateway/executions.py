"""REST: executions, their steps, and the values they recorded.

Lists and details need `list` and `get` on `executions.penstock.dev` in the instance's namespace; trigger data, definitions and
what steps were given, gave, asserted and extracted need `get` on `executions/data`, and so do the words of errors and warnings,
which may quote any of it. An execution in a namespace that the caller may not see is not there for them.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from penstock_core import codec
from penstock_core.cluster import Caller
from penstock_core.store.executions import model as store
from penstock_core.store.executions.reading import Reading, StepSide
from penstock_gateway import access, problems
from penstock_gateway.access import Access, Right
from penstock_gateway.answers import Answers
from penstock_gateway.details import NOTHING, READ_BYTES, READ_BYTES_IN_ALL, details
from penstock_gateway.flows import FlowTable
from penstock_gateway.models import Execution, ExecutionList, execution_of, step_of
from penstock_gateway.parameters import Included, Listed, known
from penstock_gateway.problems import Problem
from penstock_gateway.values import DESCRIPTION, Places, Shown, value

READ_SECONDS: Final = 5.0
"""For what one request asks the database at once; beyond it the caller gets a 503 instead of waiting."""
NAMESPACES: Final = 1000
"""In which a caller's right is looked up, one by one, for a list that names none."""
_STEPS: Final = frozenset({"steps", "stepsNextCursor"})
_LISTED: Final = frozenset(field.alias or name for name, field in Execution.model_fields.items()) - _STEPS
Side = StepSide | Literal["error"]
"""What can be read of an attempt."""


def router(reading: Reading, access_: Access, flows: FlowTable) -> APIRouter:
    """The routes below `/api/v1/executions`."""
    routes = APIRouter(prefix="/api/v1/executions", tags=["executions"], dependencies=[Depends(known)])
    places = Places()
    executions = Executions(reading=reading, access=access_, flows=flows, places=places, recorded=Answers())

    async def caller(request: Request) -> Caller:
        return await access_.caller(request.headers.get("authorization"))

    Asking = Annotated[Caller, Depends(caller)]  # noqa: N806 - a type

    async def place(_: Asking) -> AsyncIterator[None]:
        # left when the answer is sent
        async with places.place():
            yield

    @routes.get("", response_model=ExecutionList)
    async def list_executions(
        asking: Asking,
        listed: Annotated[Listed, Depends()],
        cursor: str | None = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 50,
        fields: Annotated[str, Query(description="Members to show, separated by commas; empty: all")] = "",
    ) -> Response:
        """Executions, newest first. Without `namespace`: of all namespaces whose executions the caller may list."""
        return await executions.listing(asking, listed, cursor=cursor, limit=limit, fields=fields)

    @routes.get("/{execution}", response_model=Execution)
    async def get_execution(
        asking: Asking,
        execution: UUID,
        included: Annotated[Included, Depends()],
    ) -> Response:
        """One execution, with `include=steps` its steps without input and output."""
        return await executions.one(asking, execution, included)

    valued: dict[str, Any] = {"responses": DESCRIPTION, "dependencies": [Depends(place)]}

    @routes.get("/{execution}/steps/{step:path}/attempts/{attempt}/{side}", **valued)
    async def get_step_value(
        request: Request,
        asking: Asking,
        execution: UUID,
        step: str,
        attempt: int,
        side: Side,
        shown: Annotated[Shown, Depends()],
    ) -> Response:
        """What an attempt of a step was given, gave, asserted or extracted, or why it failed: `{code, message}`.

        `step` is its path, slashes as they are or as %2F.
        """
        await executions.visible(asking, execution, access.GET_DATA)
        async with bounded():
            data = await executions.value_of_step(execution, path=step, attempt=attempt, side=side)
        return await value(request, data, shown, missing=f"Attempt {attempt} of the step {step!r} has no {side}.")

    @routes.get("/{execution}/trigger", **valued)
    async def get_trigger(
        request: Request, asking: Asking, execution: UUID, shown: Annotated[Shown, Depends()]
    ) -> Response:
        """What started it: headers, query, path, method, and the body's bytes."""
        await executions.visible(asking, execution, access.GET_DATA)
        async with bounded():
            data = await reading.payload(execution)
        return await value(request, data, shown, missing="No trigger data is kept for it.")

    @routes.get("/{execution}/definition", **valued)
    async def get_definition(
        request: Request,
        asking: Asking,
        execution: UUID,
        shown: Annotated[Shown, Depends()],
    ) -> Response:
        """The flow as it was when the execution was accepted."""
        found = await executions.visible(asking, execution, access.GET_DATA)
        async with bounded():
            data = await reading.definition(namespace=found.flow.namespace, hash=found.flow.definition_hash)
        return await value(request, data, shown, missing="Its definition is no longer kept.")

    return routes


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
