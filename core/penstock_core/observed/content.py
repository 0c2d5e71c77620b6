"""What a version of an Integration declares; the steps stay as they are written, for the compiler and the runner."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Self

from penstock_core.connections import TYPES
from penstock_core.observed.reading import NOTHING, items, mapping, mappings, text


class DeclaredConnection(NamedTuple):
    """A connection that instances fill; `fields` are those of its Secret, `written` is the declaration itself."""

    name: str
    type: str
    required: bool
    description: str
    fields: tuple[str, ...]
    written: Mapping[str, Any] = NOTHING
    readable: frozenset[str] = frozenset()
    """Those of the fields that are no secret."""

    @classmethod
    def parse(cls, given: Mapping[str, Any]) -> Self:
        """From an entry of `spec.connections`."""
        kind = text(given, "type")
        return cls(
            name=text(given, "name"),
            type=kind,
            required=given.get("required", True) is not False,
            description=text(given, "description"),
            fields=_fields(kind, given),
            written=given,
            readable=_readable(kind, given),
        )


def _fields(kind: str, given: Mapping[str, Any]) -> tuple[str, ...]:
    known = TYPES.get(kind)
    if known is not None and not known.declares_fields:
        return known.fields
    return tuple(field for field in items(given, "fields") if isinstance(field, str))


def _readable(kind: str, given: Mapping[str, Any]) -> frozenset[str]:
    known = TYPES.get(kind)
    if known is not None and not known.declares_fields:
        return known.readable
    return frozenset(field for field in items(given, "readable") if isinstance(field, str))


class DeclaredFlow(NamedTuple):
    """A flow; `trigger` is the kind of its trigger, `settings` what is declared of it, empty members are not set."""

    name: str
    trigger: str
    settings: Mapping[str, Any]
    timeout: str
    concurrency: Mapping[str, Any]
    once_by: str
    """The expression of `deduplicateBy`."""
    once_window: str
    once_after_failure: str
    steps: Any

    @classmethod
    def parse(cls, given: Mapping[str, Any]) -> Self:
        """From an entry of `spec.flows`."""
        trigger, once = mapping(given, "trigger"), mapping(given, "deduplicateBy")
        kind = next((name for name, value in trigger.items() if isinstance(value, dict)), "")
        return cls(
            name=text(given, "name"),
            trigger=kind,
            settings=mapping(trigger, kind),
            timeout=text(given, "timeout"),
            concurrency=mapping(given, "concurrency"),
            once_by=text(once, "value"),
            once_window=text(once, "window"),
            once_after_failure=text(once, "afterFailure"),
            steps=given.get("steps", ()),
        )


class Content(NamedTuple):
    """An Integration's spec as a version fixed it; all instances of the version share it."""

    version: str
    variables: list[Mapping[str, Any]]
    connections: tuple[DeclaredConnection, ...]
    flows: tuple[DeclaredFlow, ...]

    def named(self, name: str) -> list[Mapping[str, Any]]:
        """The config variable of a name, in a list; an empty one where there is none."""
        return [one for one in self.variables if text(one, "name") == name]

    @property
    def variable_names(self) -> frozenset[str]:
        """The names of the config variables."""
        return frozenset(text(one, "name") for one in self.variables)

    @classmethod
    def parse(cls, spec: Mapping[str, Any]) -> Self:
        """From the spec of an Integration."""
        return cls(
            version=text(spec, "version"),
            variables=mappings(spec, "configVariables"),
            connections=tuple(DeclaredConnection.parse(one) for one in mappings(spec, "connections")),
            flows=tuple(DeclaredFlow.parse(one) for one in mappings(spec, "flows")),
        )
