"""Which changes of an object matter to those that depend on it."""

from penstock_core.observed.base import Observed
from penstock_core.observed.instance import Instance
from penstock_core.observed.integration import Integration


def offer(integration: Integration | None) -> tuple[object, ...] | None:
    """What others see of an Integration: its generation, whether that was looked at, and what is published."""
    if integration is None:
        return None
    return integration.uid, integration.generation, integration.observed_generation, integration.published


def is_more_than_status(before: Observed | None, after: Observed | None) -> bool:
    """The status of a Flow, or of a version, is written often and decides nothing."""
    if before is None or after is None:
        return True
    return _wish(before) != _wish(after)


def asks_the_same(before: Instance | None, after: Instance | None) -> bool:
    """False where somebody else's change came with the answer to a write of ours, which adds a claim or a status alone."""
    if before is None or after is None:
        return False
    return (
        (before.uid, before.generation, before.deleted, before.labels)
        == (after.uid, after.generation, after.deleted, after.labels)
        and before.annotations.items() <= after.annotations.items()
        and set(before.finalizers) <= set(after.finalizers)
    )


def is_applied_anew(before: Observed | None, after: Observed | None) -> bool:
    """Whether another manifest is what Penstock applied: what others change leaves its fingerprint as it was."""
    return after is not None and (before is None or before.fingerprint != after.fingerprint)


def _wish(item: Observed) -> tuple[object, ...]:
    return item.uid, item.generation, item.labels, item.annotations
