"""A schedule's tick: its flow from the CronJob's variable, its minute from the Job's name. Pure."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from penstock_core import codec, names
from penstock_core.executions.flow_identity import FlowIdentity
from penstock_core.store.executions.records import Tick
from penstock_runner.errors import ConfigurationError

_NEAR = timedelta(days=400)
"""How far from now a scheduled minute may be; a number that is farther off is part of a name that somebody chose."""


def tick(text: str, *, job: str, namespace: str, identifier: UUID, now: datetime) -> Tick:
    """The tick that a Job of a CronJob stands for. Raises ConfigurationError where the variable is malformed."""
    try:
        given = json.loads(text)
        flow = _flow(given, namespace)
        skip, limit = given["overlap"] == "skip", given.get("limit")
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        raise ConfigurationError(f"{names.ENV_TICK} is malformed: {type(exc).__name__} {exc}") from exc
    at = scheduled_minute(job, cron_job=names.cron_job(flow.instance, flow.flow_uid), now=now)
    started = at or now
    return Tick(
        id=identifier,
        flow=flow,
        scheduled_at=at,
        skip_overlap=skip,
        limit=limit,
        payload=codec.pack({"startedAt": started.isoformat().replace("+00:00", "Z")}).data,
        requested_by=f"schedule {given.get('cron', '')}".strip() if at else f"job {job}",
    )


def scheduled_minute(job: str, *, cron_job: str, now: datetime) -> datetime | None:
    """The minute in a Job's name as the CronJob controller makes it, None for a Job that somebody made by hand."""
    match = re.fullmatch(rf"{re.escape(cron_job)}-(\d{{7,9}})", job)
    if match is None:
        return None
    at = datetime.fromtimestamp(int(match[1]) * 60, UTC)
    return at if abs(at - now) < _NEAR else None


def _flow(given: Mapping[str, Any], namespace: str) -> FlowIdentity:
    customer = given.get("customer") or {}
    return FlowIdentity(
        namespace=namespace,
        instance=given["instance"],
        instance_uid=given["instanceUid"],
        flow=given["flow"],
        flow_uid=given["flowUid"],
        integration=given["integration"],
        version=given["version"],
        definition_hash=given["definitionHash"],
        customer_id=customer.get("id"),
        customer_name=customer.get("name"),
    )
