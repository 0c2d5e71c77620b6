"""What the container runtime says is not kept: it shows the environment that it was given."""

from datetime import UTC, datetime
from typing import Any

import pytest

from penstock_core.observed.workload import Pod
from penstock_operator.workloads.diagnosis import blocker_of, exit_cause_of

WORDS = 'failed to create task: environment variable "PENSTOCK_CONNECTION.erp.key=canary\\x00" contains NUL'
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def pod(phase: str, state: dict[str, Any]) -> Pod:
    created = {"name": "pex-1-x", "creationTimestamp": "2026-01-05T11:50:00Z"}
    return Pod.parse(
        {"metadata": created, "status": {"phase": phase, "containerStatuses": [{"name": "runner", "state": state}]}}
    )


@pytest.mark.parametrize("reason", ["CreateContainerError", "RunContainerError"])
def test_why_a_container_cannot_be_made_is_told_by_its_reason(reason: str) -> None:
    """The reason stays, and where its words are."""
    held_up = blocker_of(pod("Pending", {"waiting": {"reason": reason, "message": WORDS}}), now=NOON)

    assert held_up is not None
    cause, had_its_time = held_up
    assert (cause.code, had_its_time) == ("container", True)
    assert f"({reason})" in cause.words
    assert "the pod's events" in cause.words
    assert "canary" not in cause.words


def test_what_the_kubelet_names_is_kept() -> None:
    """Its own words name what is missing, and no value."""
    waiting = {"reason": "CreateContainerConfigError", "message": 'secret "acme-erp" not found'}
    held_up = blocker_of(pod("Pending", {"waiting": waiting}), now=NOON)

    assert held_up is not None
    assert held_up[0].words.endswith('secret "acme-erp" not found')


def test_why_a_container_was_not_started_is_told_by_its_reason() -> None:
    """A container that ended before it ran has words of the runtime, too."""
    ended = {"exitCode": 128, "reason": "StartError", "message": WORDS}
    cause = exit_cause_of(pod("Failed", {"terminated": ended}))

    assert cause is not None
    assert cause.code == "runner_failed"
    assert "canary" not in cause.words
