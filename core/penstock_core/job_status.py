"""What a Job's and a pod's status say: alive, over, failed and why."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any


def is_alive(job: dict[str, Any]) -> bool:
    """Whether a Job can still run its pod: neither finished nor being deleted."""
    if job["metadata"].get("deletionTimestamp"):
        return False
    conditions = job.get("status", {}).get("conditions") or ()
    return not any(item["type"] in {"Complete", "Failed"} and item["status"] == "True" for item in conditions)


def pod_is_live(pod: Mapping[str, Any]) -> bool:
    """True where the pod's runner may be running or may still start: nothing may be ended by others then."""
    return pod.get("status", {}).get("phase") not in {"Succeeded", "Failed"}


def job_is_over(job: Mapping[str, Any]) -> bool:
    """True where the Job controller starts no more pods for it."""
    return (
        job_failure(job) is not None
        or true_condition(job, "Complete") is not None
        or "deletionTimestamp" in job["metadata"]
    )


def job_failure(job: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The condition that says the Job failed, if it did."""
    return true_condition(job, "Failed") or true_condition(job, "FailureTarget")


def true_condition(item: Mapping[str, Any], kind: str, *, status: str = "True") -> Mapping[str, Any] | None:
    conditions = item.get("status", {}).get("conditions") or ()
    return next((c for c in conditions if c["type"] == kind and c["status"] == status), None)


def timestamp(text: str) -> datetime:
    """A Kubernetes time stamp as a datetime in UTC."""
    return datetime.fromisoformat(text)
