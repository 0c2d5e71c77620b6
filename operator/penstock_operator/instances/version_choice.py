"""Which version of an Integration an Instance gets, and what a snapshot holds. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from penstock_core.versions import precedence
from penstock_operator.watch.references import published


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The snapshot to deploy, None where there is none, then `problem` says why; `newest` is the version published last.

    `pending` is true where the Integration has not been looked at yet: the problem may be gone in a moment.
    """

    snapshot: Mapping[str, Any] | None
    newest: str | None
    problem: str | None = None
    pending: bool = False


def choose(
    instance: Mapping[str, Any],
    *,
    integration: Mapping[str, Any] | None,
    snapshots: Sequence[Mapping[str, Any]],
) -> Choice:
    """What the Instance asks for: its pin, or else what the Integration published last."""
    by_version = {one["spec"]["version"]: one for one in snapshots}
    reference = instance["spec"]["integration"]
    newest = published(integration)
    wanted = reference.get("version") or newest or instance.get("status", {}).get("version")
    pending = _is_pending(integration)
    if wanted is None:
        return Choice(snapshot=None, newest=None, problem=_nothing_published(reference, integration), pending=pending)
    if wanted not in by_version:
        known = ", ".join(sorted(by_version, key=precedence)) or "none"
        problem = f"{reference['name']} {wanted} is not published (published: {known}): publish it, or name another in spec.integration.version"
        return Choice(snapshot=None, newest=newest, problem=problem, pending=pending)
    return Choice(snapshot=by_version[wanted], newest=newest)


def _is_pending(integration: Mapping[str, Any] | None) -> bool:
    if integration is None:
        return False
    seen = integration.get("status", {}).get("observedGeneration", 0)
    return bool(seen < integration["metadata"].get("generation", 0))


def _nothing_published(reference: Mapping[str, Any], integration: Mapping[str, Any] | None) -> str:
    where = f" in namespace {reference['namespace']}" if reference.get("namespace") else ""
    if integration is None:
        return f"the Integration {reference['name']}{where} does not exist: create it, or correct spec.integration"
    return f"the Integration {reference['name']}{where} has published no version yet: its condition Valid says why"
