"""Which version of an Integration an Instance gets, and what a snapshot holds. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from penstock_core.observed.instance import Instance
from penstock_core.observed.integration import Integration, IntegrationVersion
from penstock_core.versions import precedence


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The snapshot to deploy, None where there is none, then `problem` says why; `newest` is the version published last.

    `pending` is true where the Integration has not been looked at yet: the problem may be gone in a moment.
    """

    snapshot: IntegrationVersion | None
    newest: str | None
    problem: str | None = None
    pending: bool = False


def choose(
    instance: Instance,
    *,
    integration: Integration | None,
    snapshots: Sequence[IntegrationVersion],
) -> Choice:
    """What the Instance asks for: its pin, or else what the Integration published last."""
    by_version = {one.version: one for one in snapshots}
    newest = integration.published if integration else None
    wanted = instance.pin or newest or instance.version
    pending = _is_pending(integration)
    if wanted is None:
        return Choice(snapshot=None, newest=None, problem=_nothing_published(instance, integration), pending=pending)
    if wanted not in by_version:
        known = ", ".join(sorted(by_version, key=precedence)) or "none"
        problem = f"{instance.integration} {wanted} is not published (published: {known}): publish it, or name another in spec.integration.version"
        return Choice(snapshot=None, newest=newest, problem=problem, pending=pending)
    return Choice(snapshot=by_version[wanted], newest=newest)


def _is_pending(integration: Integration | None) -> bool:
    return integration is not None and integration.observed_generation < integration.generation


def _nothing_published(instance: Instance, integration: Integration | None) -> str:
    where = f" in namespace {instance.integration_namespace}" if instance.integration_namespace else ""
    if integration is None:
        return f"the Integration {instance.integration}{where} does not exist"
    return f"the Integration {instance.integration}{where} has published no version yet: its condition Valid says why"
