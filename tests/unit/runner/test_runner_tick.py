"""The tick that a CronJob's Job stands for."""

import json
from datetime import UTC, datetime
from uuid import UUID

import pytest

from penstock_core import codec, names
from penstock_core.store.executions.records import Tick
from penstock_runner.errors import ConfigurationError
from penstock_runner.process.tick import scheduled_minute, tick

NOW = datetime(2026, 3, 1, 6, 0, 20, tzinfo=UTC)
CRON_JOB = names.cron_job("acme-orders", "uid-1")
MINUTE = int(datetime(2026, 3, 1, 6, 0, tzinfo=UTC).timestamp()) // 60
GIVEN = {
    "instance": "acme-orders", "instanceUid": "i", "flow": "poll", "flowUid": "uid-1", "integration": "orders",
    "version": "1.0.0", "customer": {"id": "acme", "name": "ACME"}, "definitionHash": "d" * 64, "overlap": "skip",
    "limit": 3, "timeZone": "Etc/UTC", "cron": "0 6 * * *",
}  # fmt: skip


def made(text: str | None = None, *, job: str = f"{CRON_JOB}-{MINUTE}") -> Tick:
    return tick(text or json.dumps(GIVEN), job=job, namespace="acme", identifier=UUID(int=1), now=NOW)


def test_scheduled_tick() -> None:
    """The minute comes from the Job's name, everything else from the variable."""
    found = made()

    assert found.scheduled_at == datetime(2026, 3, 1, 6, 0, tzinfo=UTC)
    assert (found.skip_overlap, found.limit, found.flow.flow, found.flow.customer_id) == (True, 3, "poll", "acme")
    assert codec.unpack(found.payload) == {"startedAt": "2026-03-01T06:00:00Z"}


@pytest.mark.parametrize(
    "job", ["try-1", f"{CRON_JOB}-try", f"{CRON_JOB}-123", f"x{CRON_JOB}-{MINUTE}", f"{CRON_JOB}-{MINUTE}-2", f"{CRON_JOB}-99999999", CRON_JOB, ""]
)  # fmt: skip
def test_other_names_are_manual_runs(job: str) -> None:
    """Every name but the controller's own form is a run by hand, also with a number that is no near minute."""
    assert scheduled_minute(job, cron_job=CRON_JOB, now=NOW) is None
    assert made(job=job).scheduled_at is None


@pytest.mark.parametrize("text", ["{", "[]", "{}", json.dumps({**GIVEN, "customer": 1})])
def test_malformed_variable_is_named(text: str) -> None:
    """A variable that is no tick is a defect of whoever made the Job."""
    if text == "{}":
        text = json.dumps({"instance": "x"})
    with pytest.raises(ConfigurationError, match="PENSTOCK_TICK is malformed"):
        made(text)
