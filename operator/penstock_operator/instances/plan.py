"""From an Instance, a version's snapshot and resolved configuration to the Flows that should exist. Pure."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from penstock_core import names
from penstock_core.compiler import build_definition, definition_hash
from penstock_core.compiler.definition import canonical
from penstock_core.expressions.quoting import did_you_mean, listed, near
from penstock_core.manifests.quantities import amount
from penstock_core.observed.content import Content, DeclaredFlow
from penstock_core.observed.flow import Flow
from penstock_core.observed.instance import Instance, Override
from penstock_core.resources import FlowDefinition, InstanceSpec
from penstock_core.resources.base import default_of
from penstock_core.resources.integration import Concurrency, DeduplicateBy
from penstock_core.values.durations import milliseconds
from penstock_operator.instances.references.connections import Connection, used_by
from penstock_operator.instances.references.surplus import NO_SURPLUS, Surplus
from penstock_operator.instances.references.version_choice import Choice
from penstock_operator.instances.references.webhook_credentials import Credentials
from penstock_operator.instances.triggers import TRIGGERS

DEFAULT_TIMEOUT: Final[str] = default_of(FlowDefinition, "timeout")
DEFAULT_WINDOW: Final[str] = default_of(DeduplicateBy, "window")
DEFAULT_AFTER_FAILURE: Final[str] = default_of(DeduplicateBy, "after_failure")
DEFAULT_WHEN_FULL: Final[str] = default_of(Concurrency, "when_full")
DEFAULT_WHEN_PAUSED: Final[str] = default_of(InstanceSpec, "when_paused")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedFlow:
    """A flow that should exist; `spec` is the whole Flow spec (docs/contracts.md), its definition and that one's hash included."""

    name: str
    trigger: str
    settings: Mapping[str, Any]
    """What the spec says of the trigger."""
    paused: bool
    definition_hash: str
    spec: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The flows that should exist, by name as written."""

    version: str
    flows: Mapping[str, PlannedFlow]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """`plan` is None where something is missing; then `choice.problem` or `problems` say what.

    `credentials` is None where what the Instance says about its webhooks is wrong: what the gateway has stays then.
    """

    choice: Choice
    problems: tuple[str, ...] = ()
    plan: Plan | None = None
    credentials: Credentials | None = None
    warnings: tuple[str, ...] = ()
    """What is not as it should be, and keeps nothing from being deployed."""
    surplus: Surplus = NO_SURPLUS
    """What the Instance sets for other versions."""
    unusable: Mapping[str, str] = field(default_factory=dict)
    """Names of the Secrets that do not serve, by the connections that name them."""


def plan(
    instance: Instance,
    content: Content,
    *,
    config: Mapping[str, Any],
    connections: Mapping[str, Connection],
    public_url: str,
) -> Plan:
    """What to deploy; `content` is what the version declares, everything else is resolved and valid."""
    urls = webhook_urls(instance, content, public_url=public_url)
    flows = {
        flow.name: _planned(instance, content, flow=flow, config=config, connections=connections, urls=urls)
        for flow in content.flows
    }
    return Plan(version=content.version, flows=flows)


MAX_VARIABLES_BYTES: Final = 256 * 1024
"""Of the variables that stand in a Flow's definition; its steps are the Integration's, whose size its author chose."""
MAX_REPEATED_BYTES: Final = 2 * 1024 * 1024
"""Of the same in all Flows of an Instance: a small one with a ConfigMap becomes as many copies as its Integration has flows."""


def size_problems(config: Mapping[str, Any], *, flows: int) -> list[str]:
    """A sentence where an Instance's variables, which stand in each of so many flows, would put too much into the cluster."""
    size = len(canonical(config))
    remedy = "shorten what the Instance and its ConfigMaps set"
    if size > MAX_VARIABLES_BYTES:
        return [f"the variables would have {size} bytes, and may have {MAX_VARIABLES_BYTES}: {remedy}"]
    if size * flows > MAX_REPEATED_BYTES:
        limit = f"would have {size * flows} bytes, and may have {MAX_REPEATED_BYTES}"
        return [f"the variables, which stand in each of {flows} flows, {limit}: {remedy}"]
    return []


def webhook_urls(instance: Instance, content: Content, *, public_url: str) -> dict[str, str]:
    """The URL of each flow that takes requests, by flow name."""
    return {
        flow.name: public_url + names.webhook_path(namespace=instance.namespace, instance=instance.name, flow=flow.name)
        for flow in content.flows
        if TRIGGERS[flow.trigger].takes_requests
    }


def is_paused(instance: Instance, flow: str) -> bool:
    """Whether an Instance pauses a flow, by name as written."""
    return instance.paused or instance.override(flow).paused


def scheduled_since(planned: PlannedFlow, current: Flow | None, *, release: str, now: str) -> str | None:
    """Since when (RFC 3339) the schedule of a planned flow holds, None where it has none.

    That is `now`, unless the Flow as it is, `current`, has the same cron line and time zone and is the release's own:
    ticks from before belong to another schedule, or to another release's database.
    """
    if not TRIGGERS[planned.trigger].keeps_times:
        return None
    if current is None or current.labels.get(names.LABEL_RELEASE) != release:
        return now
    if any(current.settings.get(part) != planned.settings[part] for part in ("cron", "timeZone")):
        return now
    return current.annotations.get(names.ANNOTATION_SCHEDULED_SINCE) or current.created


def kept(instance: Instance, flows: Sequence[Flow], *, withdrawn: Container[str] = ()) -> Plan | None:
    """What stays deployed while the Instance cannot be: the Flows as they are, but paused as it says now.

    Secrets that may not be used any more (`withdrawn`, by name) are left out: a runner then says which field is missing.
    """
    if not flows:
        return None
    return Plan(version=flows[0].version, flows={flow.flow: _kept(instance, flow, withdrawn) for flow in flows})


def _kept(instance: Instance, flow: Flow, withdrawn: Container[str]) -> PlannedFlow:
    spec = flow.spec
    paused = {"paused": is_paused(instance, flow.flow), "whenPaused": instance.when_paused or DEFAULT_WHEN_PAUSED}
    connections = [one for one in spec["connections"] if one["secretName"] not in withdrawn]
    return PlannedFlow(
        name=flow.flow,
        trigger=flow.trigger,
        settings=flow.settings,
        paused=is_paused(instance, flow.flow),
        definition_hash=flow.definition_hash,
        spec={**spec, **paused, "connections": connections},
    )


def override_problems(instance: Instance, content: Content, *, surplus: Surplus = NO_SURPLUS) -> list[str]:
    """A sentence for each entry of `spec.flows` that fits no flow, and for what in them Kubernetes would refuse.

    `surplus` is for other versions, and not looked at.
    """
    flows = {flow.name: flow for flow in content.flows}
    problems = []
    for name, override in instance.overrides.items():
        place = f"spec.flows.{name}"
        if name in surplus.of("flow"):
            continue
        if name not in flows:
            close = "; ".join(filter(None, ("correct or remove it", did_you_mean(near(name, flows)))))
            problems.append(f"{place}: the Integration has no such flow (it has: {listed(flows)}): {close}")
        elif name not in surplus.of("schedule"):
            problems += TRIGGERS[flows[name].trigger].problems(place, override)
        problems += _resource_problems(f"{place}.resources", override.resources)
    return problems


def trigger_warnings(instance: Instance, content: Content) -> list[str]:
    """A sentence for each flow that will never start, as its version was published before that was looked at."""
    return [
        sentence
        for flow in content.flows
        for sentence in TRIGGERS[flow.trigger].warnings(flow.name, flow.settings, instance.override(flow.name))
    ]


def _resource_problems(place: str, resources: Mapping[str, Any]) -> list[str]:
    """A sentence for each limit below its own request: no Job of the flow could be made."""
    requests, limits = resources.get("requests") or {}, resources.get("limits") or {}
    return [
        f"{place}: limits.{name} is {limits[name]}, less than requests.{name}, {requests[name]}: "
        "raise the limit or lower the request"
        for name in limits
        if name in requests and amount(limits[name]) < amount(requests[name])
    ]


def _planned(
    instance: Instance,
    content: Content,
    *,
    flow: DeclaredFlow,
    config: Mapping[str, Any],
    connections: Mapping[str, Connection],
    urls: Mapping[str, str],
) -> PlannedFlow:
    override = instance.override(flow.name)
    names_used = used_by(flow.steps)
    used = [connections[name] for name in sorted(names_used) if name in connections]
    definition = build_definition(
        instance,
        content,
        flow=flow,
        config=config,
        connections=[one for one in content.connections if one.name in names_used],
        urls=urls,
        secrets={one.declared.name: one.secret_name for one in used},
    )
    hashed = definition_hash(definition)
    spec: dict[str, Any] = {
        "instance": instance.name,
        "instanceUid": instance.uid,
        "flow": flow.name,
        "integration": {"name": instance.integration, "version": content.version},
        "customer": instance.customer.manifest(),
        "paused": is_paused(instance, flow.name),
        "whenPaused": instance.when_paused or DEFAULT_WHEN_PAUSED,
        "timeoutSeconds": -(-milliseconds(flow.timeout or DEFAULT_TIMEOUT) // 1000),
        "connections": [one.for_flow() for one in used],
        "definitionHash": hashed,
        "definition": definition,
    }
    if override.resources:
        spec["resources"] = dict(override.resources)
    settings = TRIGGERS[flow.trigger].settings(flow.settings, override, url=urls.get(flow.name))
    return PlannedFlow(
        name=flow.name,
        trigger=flow.trigger,
        settings=settings,
        paused=is_paused(instance, flow.name),
        definition_hash=hashed,
        spec=spec | {"trigger": flow.trigger, flow.trigger: settings} | _limits(flow, override),
    )


def _limits(flow: DeclaredFlow, override: Override) -> dict[str, Any]:
    limits: dict[str, Any] = {}
    concurrency = {**flow.concurrency, **override.concurrency}
    if concurrency.get("limit"):
        limits["concurrency"] = {
            "limit": concurrency["limit"],
            "whenFull": concurrency.get("whenFull", DEFAULT_WHEN_FULL),
        }
    if flow.once_by:
        window = milliseconds(flow.once_window or DEFAULT_WINDOW) // 1000
        limits["deduplicateBy"] = {
            "value": flow.once_by,
            "windowSeconds": window,
            "afterFailure": flow.once_after_failure or DEFAULT_AFTER_FAILURE,
        }
    return limits
