"""From an Instance, a version's snapshot and resolved configuration to the Flows that should exist. Pure."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from penstock_core import names
from penstock_core.compiler import build_definition, check_cron, check_time_zone, definition_hash
from penstock_core.durations import milliseconds
from penstock_core.errors import InvalidInput
from penstock_core.manifests.quantities import amount
from penstock_core.resources import FlowDefinition, InstanceSpec
from penstock_core.resources.base import Resource
from penstock_core.resources.integration import Concurrency, DeduplicateBy, ScheduleTrigger, WebhookTrigger
from penstock_operator.instances.connections import Connection, used_by
from penstock_operator.instances.version_choice import Choice
from penstock_operator.instances.webhook_credentials import Credentials


def _default(model: type[Resource], field: str) -> Any:
    """What the schema says holds where a manifest is silent."""
    return model.model_fields[field].get_default()


DEFAULT_TIMEOUT: Final[str] = _default(FlowDefinition, "timeout")
DEFAULT_WINDOW: Final[str] = _default(DeduplicateBy, "window")
DEFAULT_WHEN_FULL: Final[str] = _default(Concurrency, "when_full")
DEFAULT_WHEN_PAUSED: Final[str] = _default(InstanceSpec, "when_paused")
DEFAULT_METHODS: Final[tuple[str, ...]] = tuple(_default(WebhookTrigger, "methods"))
DEFAULT_SECURITY: Final[str] = _default(WebhookTrigger, "security")
DEFAULT_TIME_ZONE: Final[str] = _default(ScheduleTrigger, "time_zone")
DEFAULT_OVERLAP: Final[str] = _default(ScheduleTrigger, "overlap")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The Flow specs (docs/contracts.md) by flow name as written; each holds its definition and the definition's hash."""

    version: str
    flows: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """`plan` is None where something is missing; then `choice.problem` or `problems` say what.

    `credentials` is None where what the Instance says about its webhooks is wrong: what the gateway has stays then.
    """

    choice: Choice
    problems: tuple[str, ...] = ()
    plan: Plan | None = None
    credentials: Credentials | None = None


def plan(
    instance: Mapping[str, Any],
    content: Mapping[str, Any],
    *,
    config: Mapping[str, Any],
    connections: Mapping[str, Connection],
    public_url: str,
) -> Plan:
    """What to deploy; `content` is the Integration's spec as the version fixed it, everything else is resolved and valid."""
    urls = webhook_urls(instance, content, public_url=public_url)
    return Plan(
        version=content["version"],
        flows={
            flow["name"]: _flow_spec(instance, content, flow=flow, config=config, connections=connections, urls=urls)
            for flow in content["flows"]
        },
    )


def webhook_urls(instance: Mapping[str, Any], content: Mapping[str, Any], *, public_url: str) -> dict[str, str]:
    """The URL of each flow with a webhook, by flow name."""
    metadata = instance["metadata"]
    return {
        flow["name"]: public_url
        + names.webhook_path(namespace=metadata["namespace"], instance=metadata["name"], flow=flow["name"])
        for flow in content["flows"]
        if "webhook" in flow["trigger"]
    }


def is_paused(instance: Mapping[str, Any], flow: str) -> bool:
    """Whether an Instance pauses a flow, by name as written."""
    spec = instance["spec"]
    return bool(spec.get("paused", False) or spec.get("flows", {}).get(flow, {}).get("paused", False))


def scheduled_since(
    spec: Mapping[str, Any], current: Mapping[str, Any] | None, *, release: str, now: str
) -> str | None:
    """Since when (RFC 3339) the schedule in a Flow's `spec` holds, None where it has none.

    That is `now`, unless the Flow as it is, `current`, has the same cron line and time zone and is the release's own:
    ticks from before belong to another schedule, or to another release's database.
    """
    if spec["trigger"] != "schedule":
        return None
    metadata = current["metadata"] if current else {}
    before = current["spec"].get("schedule", {}) if current else {}
    same = all(before.get(part) == spec["schedule"][part] for part in ("cron", "timeZone"))
    if not same or (metadata.get("labels") or {}).get(names.LABEL_RELEASE) != release:
        return now
    since = (metadata.get("annotations") or {}).get(names.ANNOTATION_SCHEDULED_SINCE)
    return str(since or metadata["creationTimestamp"])


def kept(
    instance: Mapping[str, Any], flows: Sequence[Mapping[str, Any]], *, withdrawn: Container[str] = ()
) -> Plan | None:
    """What stays deployed while the Instance cannot be: the Flows as they are, but paused as it says now.

    Secrets that may not be used any more (`withdrawn`, by name) are left out: a runner then says which field is missing.
    """
    if not flows:
        return None
    when_paused = instance["spec"].get("whenPaused", DEFAULT_WHEN_PAUSED)
    return Plan(
        version=flows[0]["spec"]["integration"]["version"],
        flows={
            item["spec"]["flow"]: {
                **item["spec"],
                "paused": is_paused(instance, item["spec"]["flow"]),
                "whenPaused": when_paused,
                "connections": [one for one in item["spec"]["connections"] if one["secretName"] not in withdrawn],
            }
            for item in flows
        },
    )


def override_problems(instance: Mapping[str, Any], content: Mapping[str, Any]) -> list[str]:
    """A sentence for each entry of `spec.flows` that fits no flow, and for what in them Kubernetes would refuse."""
    flows = {flow["name"]: flow for flow in content["flows"]}
    problems = []
    for name, override in instance["spec"].get("flows", {}).items():
        if name not in flows:
            known = ", ".join(flows)
            problems.append(
                f"spec.flows.{name}: the Integration has no such flow (it has: {known}): correct or remove it"
            )
        elif "schedule" in override and "schedule" not in flows[name]["trigger"]:
            problems.append(f"spec.flows.{name}.schedule: the flow's trigger is not a schedule: remove it")
        else:
            problems += _schedule_problems(f"spec.flows.{name}.schedule", override.get("schedule") or {})
        problems += _resource_problems(f"spec.flows.{name}.resources", override.get("resources") or {})
    return problems


def _resource_problems(place: str, resources: Mapping[str, Any]) -> list[str]:
    """A sentence for each limit below its own request: no Job of the flow could be made."""
    requests, limits = resources.get("requests") or {}, resources.get("limits") or {}
    return [
        f"{place}: limits.{name} is {limits[name]}, less than requests.{name}, {requests[name]}: "
        "raise the limit or lower the request"
        for name in limits
        if name in requests and amount(limits[name]) < amount(requests[name])
    ]


def _schedule_problems(place: str, schedule: Mapping[str, Any]) -> list[str]:
    """What is wrong with an Instance's own times: a CronJob would be refused, or tick in a zone that nobody meant."""
    problems = []
    for field, check in (("cron", check_cron), ("timeZone", check_time_zone)):
        try:
            if schedule.get(field) is not None:
                check(schedule[field])
        except InvalidInput as error:
            problems.append(f"{place}.{field}: {error}")
    return problems


def _flow_spec(
    instance: Mapping[str, Any],
    content: Mapping[str, Any],
    *,
    flow: Mapping[str, Any],
    config: Mapping[str, Any],
    connections: Mapping[str, Connection],
    urls: Mapping[str, str],
) -> dict[str, Any]:
    metadata, wanted = instance["metadata"], instance["spec"]
    override = wanted.get("flows", {}).get(flow["name"], {})
    used = {name: connections[name] for name in sorted(used_by(flow)) if name in connections}
    flow = {"timeout": DEFAULT_TIMEOUT, **flow}
    timeout_ms = milliseconds(flow["timeout"])
    definition = build_definition(
        instance, content, flow=flow, config=config, connections=[one.declared for one in used.values()], urls=urls
    )
    spec: dict[str, Any] = {
        "instance": metadata["name"],
        "instanceUid": metadata["uid"],
        "flow": flow["name"],
        "integration": {"name": wanted["integration"]["name"], "version": content["version"]},
        "customer": dict(wanted["customer"]),
        "paused": is_paused(instance, flow["name"]),
        "whenPaused": wanted.get("whenPaused", DEFAULT_WHEN_PAUSED),
        "timeoutSeconds": -(-timeout_ms // 1000),
        "connections": [one.for_flow() for one in used.values()],
        "definitionHash": definition_hash(definition),
        "definition": definition,
    }
    if override.get("resources"):
        spec["resources"] = dict(override["resources"])
    return spec | _trigger(flow, override, url=urls.get(flow["name"])) | _limits(flow, override)


def _trigger(flow: Mapping[str, Any], override: Mapping[str, Any], *, url: str | None) -> dict[str, Any]:
    trigger = flow["trigger"]
    if "webhook" in trigger:
        webhook = trigger["webhook"]
        return {
            "trigger": "webhook",
            "webhook": {
                "methods": list(webhook.get("methods", DEFAULT_METHODS)),
                "security": webhook.get("security", DEFAULT_SECURITY),
                "url": url,
            },
        }
    schedule = {**trigger["schedule"], **override.get("schedule", {})}
    return {
        "trigger": "schedule",
        "schedule": {
            "cron": schedule["cron"],
            "timeZone": schedule.get("timeZone", DEFAULT_TIME_ZONE),
            "overlap": schedule.get("overlap", DEFAULT_OVERLAP),
        },
    }


def _limits(flow: Mapping[str, Any], override: Mapping[str, Any]) -> dict[str, Any]:
    limits: dict[str, Any] = {}
    concurrency = {**flow.get("concurrency", {}), **override.get("concurrency", {})}
    if concurrency.get("limit"):
        limits["concurrency"] = {
            "limit": concurrency["limit"],
            "whenFull": concurrency.get("whenFull", DEFAULT_WHEN_FULL),
        }
    once = flow.get("deduplicateBy")
    if once:
        window = milliseconds(once.get("window", DEFAULT_WINDOW)) // 1000
        limits["deduplicateBy"] = {"value": once["value"], "windowSeconds": window}
    return limits
