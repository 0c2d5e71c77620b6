"""Executions and their steps as the REST API answers them: camelCase, RFC 3339 in UTC, durations in milliseconds.

The descriptions are those of the OpenAPI document, so a changed word here is a changed word there.
"""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from penstock_core.executions.states import ExecutionState, StepStatus, Trigger

Moment = Annotated[datetime, AfterValidator(lambda moment: moment.astimezone(UTC))]
_DATA_ONLY = "null without the right to `get` `executions/data`"


class _Model(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)


class Customer(_Model):
    """Whom the instance is deployed for."""

    id: str | None
    name: str | None


class IntegrationVersion(_Model):
    """What ran."""

    name: str
    version: str


class Failure(_Model):
    """Why an execution or a step did not pass."""

    code: str
    message: str | None = Field(description=f"In words, which may quote a payload: {_DATA_ONLY}")
    step: str | None = Field(default=None, description="Path of the step that failed first")


class Step(_Model):
    """One attempt of a step, without input and output.

    Who may not `get` `executions/data` sees null as `error.message`, `assertions`, `extracted` and `warnings`.
    """

    path: str = Field(
        description="Name of the step; inside forEach `<forEach>/<index>/<step>`, inside branch `<branch>/<case>/<step>`"
    )
    attempt: int = Field(description="Counts from 1")
    action: str
    status: StepStatus
    started_at: Moment
    ended_at: Moment | None
    duration_ms: int | None
    input_bytes: int = Field(description="Size before anything was cut; 0 where nothing was recorded")
    output_bytes: int
    truncated: bool = Field(description="Whether input or output were cut to the limit")
    error: Failure | None
    assertions: list[Any] | None = Field(
        description="Each `assert` with what was compared: expression, passed, and where they are known left, op, right"
        " (of `||`: two of the same kind) or error; null where the attempt came to none, and without the right to data"
    )
    assertions_truncated: bool = Field(
        description="Whether the list is not complete here, or left out: `…/attempts/{attempt}/assertions` has all"
    )
    extracted: Any = Field(
        description="What `extract` gave, by name; null where nothing was extracted, and without the right to data"
    )
    extracted_truncated: bool = Field(
        description="Whether it is cut here to about 4 KiB, or left out: `…/attempts/{attempt}/extracted` has all"
    )
    items_total: int | None = Field(description="Items of a forEach")
    items_failed: int | None
    warnings: tuple[str, ...] | None


class CancellationRequest(_Model):
    """Who wants an execution to end, and why."""

    requested_at: Moment
    requested_by: str
    reason: str | None = Field(description=f"In the words of who asked, which may quote a payload: {_DATA_ONLY}")


class Execution(_Model):
    """One run of a flow."""

    id: UUID
    namespace: str
    instance: str
    flow: str
    customer: Customer
    integration: IntegrationVersion
    trigger: Trigger
    status: ExecutionState
    created_at: Moment
    started_at: Moment | None
    ended_at: Moment | None
    duration_ms: int | None
    requested_by: str
    error: Failure | None
    steps_total: int
    steps_failed: int
    repeat_of: UUID | None = Field(
        description="The failed execution whose `deduplicateBy` value came again and started this one"
    )
    repeated_by: UUID | None = Field(description="The execution that the same value started after this one had failed")
    replay_of: UUID | None
    retry_of: UUID | None
    cancellation: CancellationRequest | None = Field(
        description="The first request to cancel it, also where it ended otherwise before its runner heeded that"
    )
    warnings: tuple[str, ...] | None = Field(
        description="Of how it was accepted, and once it has ended of its steps (`step <path>: …`, the first 20 and how many more"
        f" there are; after a runner was lost, those of its replacement). They may quote a payload: {_DATA_ONLY}"
    )
    steps: tuple[Step, ...] | None = Field(
        default=None, description="With `include=steps` only: one page of attempts, in the order in which they began"
    )
    steps_next_cursor: str | None = Field(
        default=None,
        description="With `include=steps` only: give it as `stepsCursor` for the next page; null on the last",
    )


class ExecutionList(_Model):
    """One page, newest first."""

    items: tuple[Execution, ...]
    next_cursor: str | None = Field(description="Give it as `cursor` for the next page; null on the last")
