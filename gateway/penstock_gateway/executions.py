"""REST: executions, their steps, and the values they recorded.

Lists and details need `list` and `get` on `executions.penstock.dev` in the instance's namespace; trigger data, definitions and
what steps were given, gave, asserted and extracted need `get` on `executions/data`. An execution in a namespace that the caller may not see is not there for them.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import AwareDatetime

from penstock_core import codec
from penstock_core.cluster import Caller
from penstock_core.states import ExecutionState, Trigger
from penstock_core.store import model as store
from penstock_core.store.reading import Reading, StepSide
from penstock_gateway import access, errors
from penstock_gateway.access import Access, Right
from penstock_gateway.details import NOTHING, READ_BYTES, READ_BYTES_IN_ALL, Attempt, Detail
from penstock_gateway.details import details as details_of
from penstock_gateway.errors import Problem
from penstock_gateway.flows import FlowTable
from penstock_gateway.models import Execution, ExecutionList, Step, execution_of, step_of
from penstock_gateway.preview import DEFAULT_BYTES, preview

MSGPACK: Final = "application/msgpack"
READ_SECONDS: Final = 5.0
"""For one request's queries; beyond it the caller gets a 503 instead of waiting."""
_LISTED: Final = frozenset(field.alias or name for name, field in Execution.model_fields.items()) - {"steps"}
_VALUE: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The value as JSON, or with `Accept: application/msgpack` the stored MessagePack, uncut."
        " `Penstock-Truncated` says whether anything was cut, `Penstock-Size` the size of the whole.",
        "content": {"application/json": {"schema": {}}, MSGPACK: {}},
    }
}
Side = StepSide | Literal["error"]
"""What can be read of an attempt."""
_Text = Annotated[str, Query(pattern=r"^[^\x00]*$", max_length=253)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """The filters of a list, as they come."""

    namespace: _Text = ""
    instance: _Text = ""
    flow: _Text = ""
    customer: _Text = ""
    status: Annotated[list[ExecutionState] | None, Query(description="May be repeated")] = None
    trigger: Annotated[Trigger | None, Query()] = None
    since: Annotated[AwareDatetime | None, Query(alias="from", description="Created then or later, RFC 3339")] = None
    until: Annotated[AwareDatetime | None, Query(alias="to", description="Created before, RFC 3339")] = None

    def filter(self, namespaces: tuple[str, ...] | None) -> store.Filter:
        """The store's filter, within the namespaces that the caller may see."""
        return store.Filter(
            namespaces=namespaces,
            instance=self.instance or None,
            flow=self.flow or None,
            customer=self.customer or None,
            states=tuple(_stored(state) for state in self.status) if self.status else None,
            trigger=self.trigger,
            since=_moment(self.since),
            until=_moment(self.until),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """How a value is to be shown."""

    path: Annotated[str, Query(description='Part of the value, as `a.b[0]["c d"]`; empty: all of it')] = ""
    max_bytes: Annotated[
        int, Query(alias="maxBytes", ge=64, le=16 * 1024 * 1024, description="Size of the preview")
    ] = DEFAULT_BYTES


def router(reading: Reading, access_: Access, flows: FlowTable) -> APIRouter:
    """The routes below `/api/v1/executions`."""
    routes = APIRouter(prefix="/api/v1/executions", tags=["executions"])
    executions = Executions(reading=reading, access=access_, flows=flows)

    async def caller(request: Request) -> Caller:
        return await access_.caller(request.headers.get("authorization"))

    Asking = Annotated[Caller, Depends(caller)]  # noqa: N806 - a type

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
        include: Annotated[str, Query(description="`steps`, or empty")] = "",
    ) -> Response:
        """One execution, with `include=steps` its steps without input and output."""
        return await executions.one(asking, execution, include=include)

    @routes.get("/{execution}/steps/{step:path}/attempts/{attempt}/{side}", responses=_VALUE)
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
        async with bounded():
            await executions.visible(asking, execution, access.GET_DATA)
            data = await executions.value_of_step(execution, path=step, attempt=attempt, side=side)
        return await value(request, data, shown, missing=f"Attempt {attempt} of the step {step!r} has no {side}.")

    @routes.get("/{execution}/trigger", responses=_VALUE)
    async def get_trigger(
        request: Request, asking: Asking, execution: UUID, shown: Annotated[Shown, Depends()]
    ) -> Response:
        """What started it: headers, query, path, method, and the body's bytes."""
        async with bounded():
            await executions.visible(asking, execution, access.GET_DATA)
            data = await reading.payload(execution)
        return await value(request, data, shown, missing="No trigger data is kept for it.")

    @routes.get("/{execution}/definition", responses=_VALUE)
    async def get_definition(
        request: Request,
        asking: Asking,
        execution: UUID,
        shown: Annotated[Shown, Depends()],
    ) -> Response:
        """The flow as it was when the execution was accepted."""
        async with bounded():
            found = await executions.visible(asking, execution, access.GET_DATA)
            data = await reading.definition(namespace=found.flow.namespace, hash=found.flow.definition_hash)
        return await value(request, data, shown, missing="Its definition is no longer kept.")

    return routes


@dataclass(frozen=True, slots=True, kw_only=True)
class Executions:
    """What the routes ask for, within what the caller may see."""

    reading: Reading
    access: Access
    flows: FlowTable

    async def listing(self, caller: Caller, listed: Listed, *, cursor: str | None, limit: int, fields: str) -> Response:
        """One page; raises the 403 where the caller may list nothing of what was asked for."""
        chosen = _chosen(fields)
        namespaces = await self._namespaces(caller, listed.namespace)
        async with bounded():
            page = await self.reading.executions(listed.filter(namespaces), cursor=cursor, limit=limit)
        items = [_dump(execution_of(item), chosen) for item in page.items]
        return _json({"items": items, "nextCursor": page.next_cursor})

    async def one(self, caller: Caller, execution: UUID, *, include: str) -> Response:
        """One execution."""
        wanted = {name.strip() for name in include.split(",") if name.strip()}
        if wanted - {"steps"}:
            raise Problem(errors.MALFORMED_REQUEST, "`include` may be `steps`.")
        async with bounded():
            found = await self.visible(caller, execution, access.GET)
            steps = await self._steps(caller, found) if wanted else None
        shown = execution_of(found, steps)
        return _json(_dump(shown, _LISTED | {"steps"} if wanted else _LISTED))

    async def _steps(self, caller: Caller, found: store.Execution) -> tuple[Step, ...]:
        """The attempts, with assertions and extractions where the caller may see data."""
        steps = await self.reading.steps(found.id)
        details: Mapping[Attempt, Detail] = {}
        if await self.access.may(caller, access.GET_DATA, found.flow.namespace):
            stored = await self.reading.step_details(found.id, each=READ_BYTES, total=READ_BYTES_IN_ALL)
            details = await asyncio.to_thread(details_of, stored)
        return tuple(step_of(step, details.get((step.path, step.attempt), NOTHING)) for step in steps)

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
        found = await self.reading.execution(execution)
        if found is not None:
            namespace = found.flow.namespace
            if await self.access.may(caller, right, namespace):
                return found
            if right != access.GET and await self.access.may(caller, access.GET, namespace):
                raise access.not_permitted(caller, right, namespace)
        raise Problem(errors.NO_SUCH_EXECUTION, "There is none of this id, or not in a namespace that you may see.")

    async def _namespaces(self, caller: Caller, namespace: str) -> tuple[str, ...] | None:
        if namespace:
            await self.access.require(caller, access.LIST, namespace)
            return (namespace,)
        allowed = await self.access.allowed_namespaces(caller, access.LIST, self.flows.namespaces())
        if allowed == ():
            raise access.not_permitted(caller, access.LIST, "")
        return allowed


@asynccontextmanager
async def bounded() -> AsyncIterator[None]:
    """Within the time for one request's queries; raises the 503 beyond it."""
    try:
        async with asyncio.timeout(READ_SECONDS):
            yield
    except TimeoutError as error:
        raise errors.read_unavailable() from error


async def value(request: Request, data: bytes | None, shown: Shown, *, missing: str) -> Response:
    """A stored value as the caller accepts it; raises the 404."""
    if data is None:
        raise Problem(errors.NO_SUCH_VALUE, missing)
    if MSGPACK in request.headers.get("accept", ""):
        stored = codec.stored(data)
        content = await asyncio.to_thread(codec.message_of, data)
        return Response(content, media_type=MSGPACK, headers=_facts(stored.truncated, stored.size or len(content)))
    found = await asyncio.to_thread(preview, data, path=shown.path, max_bytes=shown.max_bytes)
    return Response(found.content, media_type="application/json", headers=_facts(found.truncated, found.size))


def _facts(truncated: bool, size: int) -> dict[str, str]:
    return {"Penstock-Truncated": "true" if truncated else "false", "Penstock-Size": str(size)}


def _chosen(fields: str) -> frozenset[str]:
    names = frozenset(name.strip() for name in fields.split(",") if name.strip())
    unknown = sorted(names - _LISTED)
    if unknown:
        raise Problem(errors.MALFORMED_REQUEST, f"`fields` may name {', '.join(sorted(_LISTED))}; not {unknown[0]}.")
    return names or _LISTED


def _dump(execution: Execution, members: frozenset[str]) -> dict[str, Any]:
    return {key: item for key, item in execution.model_dump(mode="json", by_alias=True).items() if key in members}


def _json(content: Any) -> Response:
    return Response(json.dumps(content, ensure_ascii=False).encode("utf-8", "replace"), media_type="application/json")


def _stored(state: ExecutionState) -> ExecutionState:
    """What users see as queued is stored as queued."""
    return ExecutionState.QUEUED if state is ExecutionState.STARTING else state


def _moment(moment: datetime | None) -> datetime | None:
    if moment is not None and moment.year < 1970:
        raise Problem(errors.MALFORMED_REQUEST, "`from` and `to` must be after 1970.")
    return moment
