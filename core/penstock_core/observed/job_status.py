"""What a Job's and a pod's status say: alive, over, failed and why."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from penstock_core.observed.objects import condition_of


def pod_is_live(pod: Mapping[str, Any]) -> bool:
    """True where the pod's runner may be running or may still start: nothing may be ended by others then."""
    return pod.get("status", {}).get("phase") not in {"Succeeded", "Failed"}


def job_is_over(job: Mapping[str, Any]) -> bool:
    """True where the Job controller starts no more pods for it."""
    return (
        job_failure(job) is not None
        or condition_of(job, "Complete", status="True") is not None
        or "deletionTimestamp" in job["metadata"]
    )


def job_failure(job: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The condition that says the Job failed, if it did."""
    return condition_of(job, "Failed", status="True") or condition_of(job, "FailureTarget", status="True")


def timestamp(text: str) -> datetime:
    """A Kubernetes time stamp as a datetime in UTC."""
    return datetime.fromisoformat(text)
