"""What an Instance's status says. Pure."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from penstock_core import names
from penstock_core.observed.flow import Flow
from penstock_core.observed.instance import Instance
from penstock_core.versions import is_newer
from penstock_operator.instances.plan import Resolution
from penstock_operator.instances.triggers import TRIGGERS
from penstock_operator.objects.conditions import Condition, merged
from penstock_operator.objects.reasons import Reason


def status(
    instance: Instance,
    resolution: Resolution,
    *,
    flows: Sequence[Flow],
    now: str,
    refusal: str | None = None,
) -> dict[str, Any]:
    """The whole status; `flows` are the Flow objects as they are after this reconciliation.

    `refusal` is what the API server said where it refused a write.
    """
    generation, old = instance.generation, instance.status
    version = _deployed_version(flows)
    conditions = conditions_of(instance, resolution, flows=flows, refusal=refusal)
    new: dict[str, Any] = {
        "observedGeneration": generation,
        "conditions": merged(old, conditions, generation=generation, now=now),
        "flows": [_flow(flow) for flow in sorted(flows, key=lambda flow: flow.flow)],
    }
    if version:
        new["version"] = version
    newest = resolution.choice.newest or old.get("latestVersion")
    if newest:
        new["latestVersion"] = newest
    if instance.uses_generated_key and any(TRIGGERS[flow.trigger].takes_requests for flow in flows):
        new["webhookKeySecret"] = names.webhook_key_secret(instance.name)
    return new


def conditions_of(
    instance: Instance,
    resolution: Resolution,
    *,
    flows: Sequence[Flow],
    refusal: str | None = None,
) -> tuple[Condition, ...]:
    """Configured, Deployed, Paused, UpToDate and their sum, Ready."""
    configured = _configured(resolution)
    deployed = _refused(refusal) if refusal else _deployed(resolution, flows)
    return (
        configured,
        deployed,
        _paused(instance, flows),
        _up_to_date(instance, resolution, flows),
        _ready(configured, deployed),
    )


def _configured(resolution: Resolution) -> Condition:
    if resolution.choice.problem:
        return Condition(
            type="Configured", status=None, reason=Reason.NOT_CHECKED, message="Not known without a version."
        )
    if resolution.problems:
        message = "\n".join(resolution.problems)
        return Condition(type="Configured", status=False, reason=Reason.INCOMPLETE, message=message)
    sentences, reason = ["All required variables and connections are there."], Reason.COMPLETE
    if resolution.surplus.versions and resolution.choice.snapshot is not None:
        sentences.append(resolution.surplus.sentence(resolution.choice.snapshot.version))
        reason = Reason.COMPLETE_WITH_SURPLUS
    return Condition(
        type="Configured", status=True, reason=reason, message="\n".join((*sentences, *resolution.warnings))
    )


def _deployed(resolution: Resolution, flows: Sequence[Flow]) -> Condition:
    running = f"{_deployed_version(flows)} stays deployed as it was" if flows else "nothing is deployed"
    if resolution.choice.problem:
        message = f"{resolution.choice.problem}; {running}."
        return Condition(type="Deployed", status=bool(flows), reason=Reason.NO_VERSION, message=message)
    if resolution.plan is None:
        message = f"Not configured (see the condition Configured); {running}.{_failing(resolution, flows)}"
        return Condition(type="Deployed", status=bool(flows), reason=Reason.NOT_CONFIGURED, message=message)
    return Condition(
        type="Deployed", status=True, reason=Reason.DEPLOYED, message=summary(resolution.plan.version, flows)
    )


def _failing(resolution: Resolution, flows: Sequence[Flow]) -> str:
    """Which steps of what stays deployed fail, as their connections' Secrets do not serve; empty where none do."""
    if not resolution.unusable:
        return ""
    used = {pair for flow in flows for pair in flow.secret_of_each.items()}
    names_used = sorted({name for name, secret in used if (name, secret) in resolution.unusable.items()})
    return f" Steps that use the connection {', '.join(names_used)} fail until then." if names_used else ""


def _refused(message: str) -> Condition:
    message = f"The API server refuses what is to be deployed, and is asked again: {message}"
    return Condition(type="Deployed", status=False, reason=Reason.REFUSED, message=message)


def summary(version: str, flows: Sequence[Flow]) -> str:
    """`Version 1.4.0: 3 flows, 2 webhooks, 1 schedule`."""
    triggers = Counter(flow.trigger for flow in flows)
    counts = [(len(flows), "flow"), *((triggers[kind], kind) for kind in TRIGGERS)]
    parts = [f"{count} {noun}{'' if count == 1 else 's'}" for count, noun in counts if count]
    return f"Version {version}: {', '.join(parts)}"


def _paused(instance: Instance, flows: Sequence[Flow]) -> Condition:
    if instance.paused:
        return Condition(
            type="Paused", status=True, reason=Reason.INSTANCE_PAUSED, message="All flows are paused by spec.paused."
        )
    paused = sorted(flow.flow for flow in flows if flow.paused)
    if paused:
        message = f"Paused by spec.flows: {', '.join(paused)}."
        return Condition(type="Paused", status=False, reason=Reason.SOME_FLOWS_PAUSED, message=message)
    return Condition(type="Paused", status=False, reason=Reason.RUNNING, message="No flow is paused.")


def _up_to_date(instance: Instance, resolution: Resolution, flows: Sequence[Flow]) -> Condition:
    newest, version = resolution.choice.newest, _deployed_version(flows)
    if newest is None or version is None:
        return Condition(
            type="UpToDate", status=None, reason=Reason.NOTHING_TO_COMPARE, message="No version to compare with."
        )
    if is_newer(newest, version):
        message = f"{instance.integration} {newest} is available."
        return Condition(type="UpToDate", status=False, reason=Reason.NEW_VERSION, message=message)
    return Condition(type="UpToDate", status=True, reason=Reason.NEWEST, message=f"{version} is the newest version.")


def _ready(configured: Condition, deployed: Condition) -> Condition:
    if configured.status and deployed.status:
        return Condition(type="Ready", status=True, reason=Reason.DEPLOYED, message=deployed.message)
    first = configured if configured.status is False else deployed
    return Condition(type="Ready", status=False, reason=first.reason, message=first.message)


def _deployed_version(flows: Sequence[Flow]) -> str | None:
    return next((flow.version for flow in flows), None)


def _flow(flow: Flow) -> dict[str, Any]:
    shown = {"name": flow.flow, "trigger": flow.trigger, "paused": flow.paused}
    return shown | TRIGGERS[flow.trigger].shown(flow.settings)
