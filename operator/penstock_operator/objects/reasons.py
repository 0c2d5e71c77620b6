"""Why a condition is as it is, or an Event was written: names for programs, and for people what to do.

docs/operations.md lists them in the same words.
"""

from enum import StrEnum
from typing import Final

from penstock_core.cluster import EventType

_NOTHING: Final = "Nothing."


class Reason(StrEnum):
    """UpperCamelCase, as Kubernetes wants it; never renamed, as users' alerts name them."""

    remedy: str
    event: EventType | None
    """The type of the Event that it makes, None where it is told by a condition alone."""

    def __new__(cls, name: str, event: EventType | None = None, remedy: str = _NOTHING) -> "Reason":
        """A reason of that name; `event` and `remedy` as the members of the same names."""
        reason = str.__new__(cls, name)
        reason._value_ = name
        reason.event = event
        reason.remedy = remedy
        return reason

    # of an Integration
    COMPILED = "Compiled", None, _NOTHING
    VALID_WITH_WARNINGS = (
        "ValidWithWarnings",
        "Warning",
        "Read what the condition `Valid` lists: it is published and runs, and is hardly what was meant.",
    )
    PUBLISHED = "Published", "Normal", _NOTHING
    DOES_NOT_COMPILE = (
        "DoesNotCompile",
        "Warning",
        "Correct what the condition `Valid` lists; what was published before stays in use.",
    )
    VERSION_CONFLICT = (
        "VersionConflict",
        "Warning",
        "Give the change a new `spec.version`, or restore the content that was published under this one.",
    )

    # of an Instance: what it says
    COMPLETE = "Complete", None, _NOTHING
    COMPLETE_WITH_SURPLUS = (
        "CompleteWithSurplus",
        None,
        "Nothing; or remove what the message lists, which another version of the Integration knows and this one does not.",
    )
    INCOMPLETE = (
        "Incomplete",
        "Warning",
        "Correct what the condition `Configured` lists: variables, connections, webhook keys, overrides.",
    )
    NOT_CHECKED = "NotChecked", None, "See `Deployed`: without a version there is nothing to check against."

    # of an Instance: what is deployed
    DEPLOYED = "Deployed", "Normal", _NOTHING
    NO_VERSION = (
        "NoVersion",
        "Warning",
        "Publish the version that the message names, or name another in `spec.integration`.",
    )
    NOT_CONFIGURED = "NotConfigured", None, "See `Configured`; what was deployed before goes on."
    REFUSED = (
        "Refused",
        "Warning",
        "See the API server's words in the message: a quota, an admission policy; it is asked again by itself.",
    )
    MANAGED_BY_ANOTHER_RELEASE = (
        "ManagedByAnotherRelease",
        "Warning",
        "Give each release namespaces of its own (`watchNamespaces`), or take the Instance over as the message says.",
    )

    # of an Instance: its pauses, its version
    RUNNING = "Running", None, _NOTHING
    INSTANCE_PAUSED = "InstancePaused", None, "Nothing, or set `spec.paused` to false."
    SOME_FLOWS_PAUSED = "SomeFlowsPaused", None, "Nothing, or set `paused` of these flows to false."
    NEWEST = "Newest", None, _NOTHING
    NEW_VERSION = "NewVersion", "Warning", "Nothing, or name the newer version in `spec.integration.version`."
    NOTHING_TO_COMPARE = "NothingToCompare", None, "See `Deployed`: no version is published or deployed."

    # of an Instance: Events alone
    WAITING_FOR_JOBS = (
        "WaitingForJobs",
        "Warning",
        "Look at the nodes of the Jobs that it names; five minutes after their deletion the Instance goes without them.",
    )
    EXECUTION_HELD_UP = (
        "ExecutionHeldUp",
        "Warning",
        "See what keeps the pod from starting: an image, a Secret, requests and quotas; the execution ends if it stays.",
    )
    WEBHOOKS_REFUSED = (
        "WebhooksRefused",
        "Warning",
        "Compare what the sender sends with what the message says; each cause is told every ten minutes at most.",
    )
    TICK_MISSED = (
        "TickMissed",
        "Warning",
        "Find out what kept the schedule from starting then; the ticks are recorded as skipped, and are not made up for.",
    )
