"""What an Instance's status says. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from penstock_core import names
from penstock_core.versions import is_newer
from penstock_operator.instances.plan import Resolution
from penstock_operator.objects.conditions import Condition, merged
from penstock_operator.objects.reasons import Reason
from penstock_operator.watch.references import uses_generated_key


def status(
    instance: Mapping[str, Any],
    resolution: Resolution,
    *,
    flows: Sequence[Mapping[str, Any]],
    now: str,
    refusal: str | None = None,
) -> dict[str, Any]:
    """The whole status; `flows` are the Flow objects as they are after this reconciliation.

    `refusal` is what the API server said where it refused a write.
    """
    generation = instance["metadata"]["generation"]
    old = instance.get("status", {})
    version = _deployed_version(flows)
    conditions = conditions_of(instance, resolution, flows=flows, refusal=refusal)
    new: dict[str, Any] = {
        "observedGeneration": generation,
        "conditions": merged(old.get("conditions", ()), conditions, generation=generation, now=now),
        "flows": [_flow(item["spec"]) for item in sorted(flows, key=lambda item: str(item["spec"]["flow"]))],
    }
    if version:
        new["version"] = version
    newest = resolution.choice.newest or old.get("latestVersion")
    if newest:
        new["latestVersion"] = newest
    if uses_generated_key(instance) and any(item["spec"]["trigger"] == "webhook" for item in flows):
        new["webhookKeySecret"] = names.webhook_key_secret(instance["metadata"]["name"])
    return new


def conditions_of(
    instance: Mapping[str, Any],
    resolution: Resolution,
    *,
    flows: Sequence[Mapping[str, Any]],
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
    return Condition(
        type="Configured", status=True, reason=Reason.COMPLETE, message="All variables and connections are there."
    )


def _deployed(resolution: Resolution, flows: Sequence[Mapping[str, Any]]) -> Condition:
    running = f"{_deployed_version(flows)} stays deployed as it was" if flows else "nothing is deployed"
    if resolution.choice.problem:
        message = f"{resolution.choice.problem}; {running}."
        return Condition(type="Deployed", status=bool(flows), reason=Reason.NO_VERSION, message=message)
    if resolution.plan is None:
        message = f"Not configured (see the condition Configured); {running}."
        return Condition(type="Deployed", status=bool(flows), reason=Reason.NOT_CONFIGURED, message=message)
    return Condition(
        type="Deployed", status=True, reason=Reason.DEPLOYED, message=summary(resolution.plan.version, flows)
    )


def _refused(message: str) -> Condition:
    message = f"The API server refuses what is to be deployed, and is asked again: {message}"
    return Condition(type="Deployed", status=False, reason=Reason.REFUSED, message=message)


def summary(version: str, flows: Sequence[Mapping[str, Any]]) -> str:
    """`Version 1.4.0: 3 flows, 2 webhooks, 1 schedule`."""
    webhooks = sum(item["spec"]["trigger"] == "webhook" for item in flows)
    counts = [(len(flows), "flow"), (webhooks, "webhook"), (len(flows) - webhooks, "schedule")]
    parts = [f"{count} {noun}{'' if count == 1 else 's'}" for count, noun in counts if count]
    return f"Version {version}: {', '.join(parts)}"


def _paused(instance: Mapping[str, Any], flows: Sequence[Mapping[str, Any]]) -> Condition:
    if instance["spec"].get("paused"):
        return Condition(
            type="Paused", status=True, reason=Reason.INSTANCE_PAUSED, message="All flows are paused by spec.paused."
        )
    paused = sorted(item["spec"]["flow"] for item in flows if item["spec"]["paused"])
    if paused:
        message = f"Paused by spec.flows: {', '.join(paused)}."
        return Condition(type="Paused", status=False, reason=Reason.SOME_FLOWS_PAUSED, message=message)
    return Condition(type="Paused", status=False, reason=Reason.RUNNING, message="No flow is paused.")


def _up_to_date(instance: Mapping[str, Any], resolution: Resolution, flows: Sequence[Mapping[str, Any]]) -> Condition:
    newest, version = resolution.choice.newest, _deployed_version(flows)
    if newest is None or version is None:
        return Condition(
            type="UpToDate", status=None, reason=Reason.NOTHING_TO_COMPARE, message="No version to compare with."
        )
    if is_newer(newest, version):
        name = instance["spec"]["integration"]["name"]
        return Condition(
            type="UpToDate", status=False, reason=Reason.NEW_VERSION, message=f"{name} {newest} is available."
        )
    return Condition(type="UpToDate", status=True, reason=Reason.NEWEST, message=f"{version} is the newest version.")


def _ready(configured: Condition, deployed: Condition) -> Condition:
    if configured.status and deployed.status:
        return Condition(type="Ready", status=True, reason=Reason.DEPLOYED, message=deployed.message)
    first = configured if configured.status is False else deployed
    return Condition(type="Ready", status=False, reason=first.reason, message=first.message)


def _deployed_version(flows: Sequence[Mapping[str, Any]]) -> str | None:
    return next((str(item["spec"]["integration"]["version"]) for item in flows), None)


def _flow(spec: Mapping[str, Any]) -> dict[str, Any]:
    shown = {"name": spec["flow"], "trigger": spec["trigger"], "paused": spec["paused"]}
    if spec["trigger"] == "webhook":
        return shown | {"url": spec["webhook"]["url"]}
    return shown | {"schedule": spec["schedule"]["cron"], "timeZone": spec["schedule"]["timeZone"]}
