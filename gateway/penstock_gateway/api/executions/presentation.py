"""From stored executions and steps to what the REST API answers, by what the caller may see."""

from penstock_core.api.executions import CancellationRequest, Customer, Execution, Failure, IntegrationVersion, Step
from penstock_core.store.executions import model as store
from penstock_gateway.api.executions.step_details import Detail


def execution_of(
    found: store.Execution, *, data: bool, steps: tuple[Step, ...] | None = None, steps_next_cursor: str | None = None
) -> Execution:
    """A stored execution as the API shows it; without the right to `data` nothing that may quote a payload."""
    flow = found.flow
    return Execution(
        id=found.id,
        namespace=flow.namespace,
        instance=flow.instance,
        flow=flow.flow,
        customer=Customer(id=flow.customer_id, name=flow.customer_name),
        integration=IntegrationVersion(name=flow.integration, version=flow.version),
        trigger=found.trigger,
        status=found.state,
        created_at=found.created_at,
        started_at=found.started_at,
        ended_at=found.ended_at,
        duration_ms=found.duration_ms,
        requested_by=found.requested_by,
        error=_failure(found.error_code, found.error_message if data else None, found.failed_step),
        steps_total=found.steps_total,
        steps_failed=found.steps_failed,
        replay_of=found.replay_of,
        retry_of=found.retry_of,
        cancellation=_cancellation(found, data=data),
        repeat_of=found.repeat_of,
        repeated_by=found.repeated_by,
        warnings=found.warnings if data else None,
        steps=steps,
        steps_next_cursor=steps_next_cursor,
    )


def step_of(found: store.Step, detail: Detail, *, data: bool) -> Step:
    """A stored attempt of a step as the API shows it; see `execution_of`."""
    return Step(
        path=found.path,
        attempt=found.attempt,
        action=found.action,
        status=found.status,
        started_at=found.started_at,
        ended_at=found.ended_at,
        duration_ms=found.duration_ms,
        input_bytes=found.input_size,
        output_bytes=found.output_size,
        truncated=found.truncated,
        error=_failure(found.error_code, found.error_message if data else None),
        assertions=detail.assertions,
        assertions_truncated=detail.assertions_cut,
        extracted=detail.extracted,
        extracted_truncated=detail.extracted_cut,
        items_total=found.items_total,
        items_failed=found.items_failed,
        warnings=found.warnings if data else None,
    )


def _cancellation(found: store.Execution, *, data: bool) -> CancellationRequest | None:
    if found.cancel_requested_at is None:
        return None
    return CancellationRequest(
        requested_at=found.cancel_requested_at,
        requested_by=found.cancelled_by or "",
        reason=found.cancel_reason if data else None,
    )


def _failure(code: str | None, message: str | None, step: str | None = None) -> Failure | None:
    return Failure(code=code, message=message, step=step) if code else None
