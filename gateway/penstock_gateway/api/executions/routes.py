"""REST: executions, their steps, and the values they recorded. A route only translates between HTTP and `service`.

Lists and details need `list` and `get` on `executions.penstock.dev` in the instance's namespace; trigger data, definitions and
what steps were given, gave, asserted and extracted need `get` on `executions/data`, and so do the words of errors and warnings,
which may quote any of it. An execution in a namespace that the caller may not see is not there for them.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from penstock_core.api.executions import Execution, ExecutionList
from penstock_core.cluster import Caller
from penstock_gateway.api.commands import command
from penstock_gateway.api.executions.cancelling import Cancel, Cancellations
from penstock_gateway.api.executions.parameters import Included, Listed, known
from penstock_gateway.api.executions.service import Executions, Place, Side
from penstock_gateway.api.services import Services
from penstock_gateway.api.values.responses import DESCRIPTION, Shown


def executions_router(services: Services) -> APIRouter:
    """The routes below `/api/v1/executions`."""
    routes = APIRouter(prefix="/api/v1/executions", tags=["executions"], dependencies=[Depends(known)])
    executions, values = Executions(services), services.values
    cancellations = Cancellations(services, executions)

    async def caller(request: Request) -> Caller:
        return await services.access.caller(request.headers.get("authorization"))

    Asking = Annotated[Caller, Depends(caller)]  # noqa: N806 - a type

    async def place() -> AsyncIterator[Place]:
        # left when the answer is sent
        async with AsyncExitStack() as held:

            async def take(namespace: str) -> None:
                await held.enter_async_context(values.place(namespace))

            yield take

    Placing = Annotated[Place, Depends(place)]  # noqa: N806 - a type

    @routes.get("", response_model=ExecutionList)
    async def list_executions(
        asking: Asking,
        listed: Annotated[Listed, Depends()],
        cursor: str | None = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 50,
        fields: Annotated[str, Query(description="Members to show, separated by commas; empty: all")] = "",
    ) -> Response:
        """Executions, newest first. Without `namespace`: of all namespaces whose executions the caller may list."""
        return _json(await executions.listing(asking, listed, cursor=cursor, limit=limit, fields=fields))

    @routes.get("/{execution}", response_model=Execution)
    async def get_execution(
        asking: Asking,
        execution: UUID,
        included: Annotated[Included, Depends()],
    ) -> Response:
        """One execution, with `include=steps` its steps without input and output."""
        return _json(await executions.one(asking, execution, included))

    @routes.post(
        "/{execution}:cancel",
        response_model=Execution,
        responses={202: {"model": Execution, "description": "Its runner is asked to end it"}},
        openapi_extra={"requestBody": {"content": {"application/json": {"schema": Cancel.model_json_schema()}}}},
    )
    async def cancel_execution(request: Request, asking: Asking, execution: UUID) -> Response:
        """Ends what is queued at once (200), asks what starts or runs to end (202). Needs `create` on `executions/cancel`."""
        status, content = await cancellations.cancel(asking, execution, await command(request, Cancel))
        return Response(content, status_code=status, media_type="application/json")

    valued: dict[str, Any] = {"responses": DESCRIPTION}

    @routes.get("/{execution}/steps/{step:path}/attempts/{attempt}/{side}", **valued)
    async def get_step_value(
        request: Request,
        asking: Asking,
        placing: Placing,
        execution: UUID,
        step: str,
        attempt: int,
        side: Side,
        shown: Annotated[Shown, Depends()],
    ) -> Response:
        """What an attempt of a step was given, gave, asserted or extracted, or why it failed: `{code, message}`.

        `step` is its path, slashes as they are or as %2F.
        """
        data = await executions.value_of_step(asking, execution, placing, path=step, attempt=attempt, side=side)
        return await values.answer(
            request, data, shown, missing=f"Attempt {attempt} of the step `{step}` has no {side}."
        )

    @routes.get("/{execution}/trigger", **valued)
    async def get_trigger(
        request: Request,
        asking: Asking,
        placing: Placing,
        execution: UUID,
        shown: Annotated[Shown, Depends()],
    ) -> Response:
        """What started it: headers, query, path, method, and the body's bytes."""
        data = await executions.trigger(asking, execution, placing)
        return await values.answer(request, data, shown, missing="No trigger data is kept for it.")

    @routes.get("/{execution}/definition", **valued)
    async def get_definition(
        request: Request,
        asking: Asking,
        placing: Placing,
        execution: UUID,
        shown: Annotated[Shown, Depends()],
    ) -> Response:
        """The flow as it was when the execution was accepted."""
        data = await executions.definition(asking, execution, placing)
        return await values.answer(request, data, shown, missing="Its definition is no longer kept.")

    return routes


def _json(content: bytes) -> Response:
    return Response(content, media_type="application/json")
