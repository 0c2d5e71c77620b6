"""What an Instance sets for another version of its Integration than the one that it runs. Pure.

It is kept aside and said, so that an Instance can go back to an older version and forth again without being rewritten;
what no published version knows is a slip, and refused.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from penstock_core.cluster import Key
from penstock_core.compiler import resolve_config
from penstock_core.observed.content import Content
from penstock_core.observed.instance import Instance
from penstock_core.observed.integration import IntegrationVersion
from penstock_core.versions import precedence

Declared = tuple[Key, str, str]
"""Whose Integration, which kind of member, its name."""
Knowers = Callable[[str, str], Sequence[IntegrationVersion]]
"""From a kind of member and a name to the published versions that declare it."""
_CONFIG, _CONNECTION, _FLOW, _SCHEDULE = "config", "connection", "flow", "schedule"
_SHOWN: Final = {
    _CONFIG: "config.{}",
    _CONNECTION: "connection {}",
    _FLOW: "spec.flows.{}",
    _SCHEDULE: "spec.flows.{}.schedule",
}


def declared_names(version: IntegrationVersion) -> Iterator[Declared]:
    """What a version declares that an Instance can set, for an index."""
    content, publisher = version.content, version.publisher
    yield from ((publisher, _CONFIG, name) for name in content.variable_names)
    yield from ((publisher, _CONNECTION, one.name) for one in content.connections)
    for flow in content.flows:
        yield publisher, _FLOW, flow.name
        if flow.trigger == _SCHEDULE:
            yield publisher, _SCHEDULE, flow.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Surplus:
    """What is kept aside: by kind and name, the newest version that knows it."""

    versions: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def of(self, kind: str) -> frozenset[str]:
        """The names of a kind (config, connection, flow, schedule)."""
        return frozenset(name for each, name in self.versions if each == kind)

    def sentence(self, version: str) -> str:
        """What is kept aside while `version` runs, and for which versions."""
        listed = ", ".join(
            f"{_SHOWN[kind].format(name)} (of {knower})" for (kind, name), knower in self.versions.items()
        )
        return f"Version {version} does not know what is set for others, and it is kept aside: {listed}."


NO_SURPLUS: Final = Surplus()


def surplus_of(instance: Instance, content: Content, *, knowers: Knowers) -> Surplus:
    """What the Instance sets that `content` does not know, and another version does."""
    scheduled = {flow.name for flow in content.flows if flow.trigger == _SCHEDULE}
    flows = {flow.name for flow in content.flows}
    own_times = [name for name, override in instance.overrides.items() if override.schedule is not None]
    given: list[tuple[str, Iterable[str], Collection[str]]] = [
        (_CONFIG, instance.config, content.variable_names),
        (_CONNECTION, instance.connections, {one.name for one in content.connections}),
        (_FLOW, instance.overrides, flows),
        (_SCHEDULE, [name for name in own_times if name in flows], scheduled),
    ]
    unknown = [(kind, name) for kind, names, known in given for name in names if name not in known]
    return Surplus(
        versions={(kind, name): newest[0].version for kind, name in unknown if (newest := _newest(knowers(kind, name)))}
    )


def with_takers(problems: Sequence[str], instance: Instance, content: Content, *, knowers: Knowers) -> list[str]:
    """The problems of an Instance's variables; where another version takes a value that this one does not, with its name.

    A value has the type that the running version declares: it is not converted to another's.
    """
    return [problem + _taker(problem, instance, content, knowers) for problem in problems]


def _taker(problem: str, instance: Instance, content: Content, knowers: Knowers) -> str:
    name = problem.partition(":")[0].removeprefix(f"{_CONFIG}.")
    if name not in instance.config:
        return ""
    value = {name: instance.config[name]}
    for other in _newest(knowers(_CONFIG, name)):
        if other.version != content.version and not resolve_config(other.content.named(name), value)[1]:
            return f" (version {other.version} takes this value, {content.version} does not)"
    return ""


def _newest(versions: Sequence[IntegrationVersion]) -> list[IntegrationVersion]:
    return sorted(versions, key=lambda one: precedence(one.version), reverse=True)
