"""Jobs and pods: whose they are, and what their status says.

Whoever may create pods in a namespace decides what stands in these, so what is kept of one is small whatever it holds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, NamedTuple, Self

from penstock_core import names
from penstock_core.observed.base import Observed, metadata_of
from penstock_core.observed.job_status import job_failure, job_is_over, pod_is_live
from penstock_core.observed.objects import Object, condition_of
from penstock_core.observed.reading import NOTHING, mapping, mappings, number, text

_RUNNER: Final = "runner"
"""The container's name in a runner's pod."""
_BATCH: Final = "batch/v1"
_OURS: Final = f"{names.GROUP}/"
_LONGEST: Final = 500
"""Characters that are kept of a text."""


class Owner(NamedTuple):
    """The Job or CronJob that an object says it is controlled by; what it says may be made up, but for the uid's bearer."""

    kind: str
    name: str
    uid: str

    @classmethod
    def of(cls, raw: Object) -> Self | None:
        """The controller in an object's owner references; None where there is none, or one of another API."""
        for one in mappings(mapping(raw, "metadata"), "ownerReferences"):
            if one.get("controller") is True and one.get("apiVersion") == _BATCH:
                return cls(kind=text(one, "kind"), name=text(one, "name"), uid=text(one, "uid"))
        return None


class Said(NamedTuple):
    """Why something is as it is: `reason` for programs, `message` for people; `at` is when it came to be so (RFC 3339)."""

    reason: str
    message: str
    at: str = ""

    @classmethod
    def parse(cls, given: Mapping[str, Any] | None) -> Self | None:
        """From a condition or a container's state; None where there is none."""
        if not given:
            return None
        return cls(
            reason=_brief(given, "reason"), message=_brief(given, "message"), at=text(given, "lastTransitionTime")
        )


class Ended(NamedTuple):
    """How a container ended; times are RFC 3339."""

    code: int
    reason: str
    message: str
    started: str
    finished: str

    @classmethod
    def parse(cls, given: Mapping[str, Any]) -> Self | None:
        """From a container's state `terminated`; None where that is not so."""
        if not given:
            return None
        return cls(
            code=number(given, "exitCode") if "exitCode" in given else -1,
            reason=_brief(given, "reason"),
            message=_brief(given, "message"),
            started=text(given, "startedAt"),
            finished=text(given, "finishedAt"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Job(Observed):
    """A Job; `controller` is the CronJob that made it, if one did; `is_over`: its own controller starts no more pods."""

    API_VERSION: ClassVar[str] = "batch/v1"
    KIND: ClassVar[str] = "Job"

    controller: Owner | None
    failure: Said | None
    is_over: bool

    @classmethod
    def parse(cls, raw: Object) -> Self:
        """The value of an object as the API server shows it."""
        return cls(
            **_metadata_of(raw),
            controller=Owner.of(raw),
            failure=Said.parse(job_failure(raw)),
            is_over=job_is_over(raw),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Pod(Observed):
    """A runner's pod; `controller` is its Job; `running_since`, `ended` and `waiting` are its container's."""

    API_VERSION: ClassVar[str] = "v1"
    KIND: ClassVar[str] = "Pod"

    controller: Owner | None
    phase: str
    reason: str
    message: str
    node: str
    image: str
    memory_limit: str
    waiting: Said | None
    running_since: str
    ended: Ended | None
    any_container_ended: bool
    disruption: Said | None
    scheduled: Said | None
    unscheduled: Said | None
    is_live: bool
    """Whether its runner may be running or may still start: nothing may be ended by others then."""

    @classmethod
    def parse(cls, raw: Object) -> Self:
        """The value of an object as the API server shows it."""
        spec, status = mapping(raw, "spec"), mapping(raw, "status")
        container: Mapping[str, Any] = next(iter(mappings(spec, "containers")), NOTHING)
        statuses = mappings(status, "containerStatuses")
        state = mapping(next((one for one in statuses if one.get("name") == _RUNNER), NOTHING), "state")
        return cls(
            **_metadata_of(raw),
            controller=Owner.of(raw),
            phase=text(status, "phase"),
            reason=_brief(status, "reason"),
            message=_brief(status, "message"),
            node=text(spec, "nodeName"),
            image=_brief(container, "image"),
            memory_limit=_brief(mapping(mapping(container, "resources"), "limits"), "memory"),
            waiting=Said.parse(mapping(state, "waiting")),
            running_since=text(mapping(state, "running"), "startedAt"),
            ended=Ended.parse(mapping(state, "terminated")),
            any_container_ended=any(mapping(mapping(one, "state"), "terminated") for one in statuses),
            disruption=Said.parse(condition_of(raw, "DisruptionTarget", status="True")),
            scheduled=Said.parse(condition_of(raw, "PodScheduled", status="True")),
            unscheduled=Said.parse(condition_of(raw, "PodScheduled", status="False")),
            is_live=pod_is_live(raw),
        )

    @property
    def job(self) -> str:
        """The name of its Job, empty where it has none."""
        return self.controller.name if self.controller is not None and self.controller.kind == Job.KIND else ""

    @property
    def is_pending(self) -> bool:
        """Whether its container has not started."""
        return self.phase == "Pending"


def _metadata_of(raw: Object) -> dict[str, Any]:
    """The metadata, of which nothing is kept that nobody here reads."""
    metadata = metadata_of(raw)
    labels = {name: value for name, value in metadata["labels"].items() if name.startswith(_OURS)}
    return metadata | {"labels": labels, "annotations": NOTHING, "finalizers": ()}


def _brief(parent: Mapping[str, Any], name: str) -> str:
    """The beginning of the text called `name`, empty where there is none."""
    value = parent.get(name)
    return value[:_LONGEST] if isinstance(value, str) else ""
