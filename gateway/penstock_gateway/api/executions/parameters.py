"""Query parameters of the REST API, and those that a route does not have: a misspelt filter must not show everything."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Query, Request
from pydantic import AwareDatetime

from penstock_core.executions.states import ExecutionState, Trigger
from penstock_core.expressions.quoting import did_you_mean, near
from penstock_core.store.executions import model as store
from penstock_gateway.api.faults import among
from penstock_gateway.problems import MALFORMED_REQUEST, Problem

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
class Included:
    """What an execution is shown with."""

    include: Annotated[str, Query(description="`steps`, or empty")] = ""
    steps_cursor: Annotated[
        str | None, Query(alias="stepsCursor", max_length=4096, description="`stepsNextCursor` of the page before")
    ] = None
    steps_limit: Annotated[int, Query(alias="stepsLimit", ge=1, le=5000, description="Attempts of a page")] = 1000

    @property
    def steps(self) -> bool:
        """Whether steps are asked for; raises the 400 for anything else."""
        names = {name.strip() for name in self.include.split(",") if name.strip()}
        if unknown := sorted(names - {"steps"}):
            raise Problem(MALFORMED_REQUEST, f"{among('include', ['steps'], unknown[0])}.")
        return bool(names)


async def known(request: Request) -> None:
    """Raise the 400 for a parameter that the OpenAPI document does not name."""
    operation = request.app.openapi()["paths"][request.scope["route"].path_format][request.method.lower()]
    names = {each["name"] for each in operation.get("parameters", ()) if each["in"] == "query"}
    unknown = sorted(set(request.query_params) - names)
    if unknown:
        has = ", ".join(f"`{name}`" for name in sorted(names)) or "none"
        close = did_you_mean(near(unknown[0][:100], names))
        detail = f"There is no query parameter `{unknown[0][:100]}` here; there are: {has}."
        raise Problem(MALFORMED_REQUEST, f"{detail} {close.capitalize()}".strip())


def _stored(state: ExecutionState) -> ExecutionState:
    """What users see as queued is stored as queued."""
    return ExecutionState.QUEUED if state is ExecutionState.STARTING else state


def _moment(moment: datetime | None) -> datetime | None:
    if moment is not None and moment < store.EPOCH:
        raise Problem(MALFORMED_REQUEST, "`from` and `to` must not be before 1970 (UTC).")
    return moment
