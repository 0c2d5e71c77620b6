"""A Flow: one flow of a deployed instance, with all that a start needs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Self

from penstock_core import names
from penstock_core.observed.base import Kept, metadata_of, packed
from penstock_core.observed.instance import Customer
from penstock_core.observed.objects import Key, Object
from penstock_core.observed.reading import items, mapping, mappings, number, text


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow(Kept):
    """A Flow; `flow` is its name as written, `trigger` the kind of it, `applied` when its spec was written last (RFC 3339)."""

    API_VERSION: ClassVar[str] = names.API_VERSION
    KIND: ClassVar[str] = "Flow"

    instance: str
    instance_uid: str
    flow: str
    integration: str
    version: str
    customer: Customer
    trigger: str
    settings: Mapping[str, Any]
    """What the spec says of the trigger, under the trigger's own name."""
    paused: bool
    limit: int | None
    secrets: tuple[str, ...]
    """Names of the Secrets that serve its connections."""
    definition_hash: str
    applied: str

    @classmethod
    def parse(cls, raw: Object) -> Self:
        """The value of an object as the API server shows it."""
        spec = mapping(raw, "spec")
        integration, trigger = mapping(spec, "integration"), text(spec, "trigger")
        return cls(
            **metadata_of(raw),
            packed=packed(raw),
            instance=text(spec, "instance"),
            instance_uid=text(spec, "instanceUid"),
            flow=text(spec, "flow"),
            integration=text(integration, "name"),
            version=text(integration, "version"),
            customer=Customer.parse(spec),
            trigger=trigger,
            settings=dict(mapping(spec, trigger)),
            paused=spec.get("paused") is True,
            limit=number(mapping(spec, "concurrency"), "limit") or None,
            secrets=tuple(text(one, "secretName") for one in mappings(spec, "connections")),
            definition_hash=text(spec, "definitionHash"),
            applied=_applied(raw),
        )

    @property
    def spec(self) -> dict[str, Any]:
        """The whole spec (docs/contracts.md), definition included; unpacked each time."""
        return dict(mapping(self.manifest(), "spec"))

    @property
    def read_of_secrets(self) -> dict[str, list[str]]:
        """Which fields its Jobs read of which Secrets; unpacked each time."""
        found: dict[str, list[str]] = {}
        for one in mappings(self.spec, "connections"):
            found.setdefault(text(one, "secretName"), []).extend(items(one, "fields"))
        return found

    @property
    def secret_of_each(self) -> dict[str, str]:
        """The Secret of each connection, by its name, also of one that was withdrawn from its Jobs; unpacked each time."""
        spec = self.spec
        described = mapping(mapping(spec, "definition"), "connections")
        named = {name: text(mapping(described, name), "secret") for name in described}
        return named | {text(one, "name"): text(one, "secretName") for one in mappings(spec, "connections")}

    @property
    def definition(self) -> Any:
        """What a runner interprets; unpacked each time."""
        return self.spec["definition"]

    @property
    def owner(self) -> Key:
        """(namespace, name) of its Instance."""
        return self.namespace, self.instance

    @property
    def is_scheduled(self) -> bool:
        """Whether ticks start it."""
        return self.trigger == "schedule"

    @property
    def scheduled_since(self) -> datetime:
        """When its schedule was last changed."""
        return datetime.fromisoformat(self.annotations.get(names.ANNOTATION_SCHEDULED_SINCE) or self.created)

    @property
    def last_applied(self) -> datetime:
        """When its spec was last written, whatever changed in it."""
        return datetime.fromisoformat(self.applied)


def _applied(raw: Object) -> str:
    """The latest of Penstock's own writes of the spec, its creation at the earliest; all are whole seconds in UTC."""
    metadata = mapping(raw, "metadata")
    times = [
        text(entry, "time")
        for entry in mappings(metadata, "managedFields")
        if entry.get("manager") == names.MANAGER and not entry.get("subresource") and entry.get("time")
    ]
    return max([text(metadata, "creationTimestamp"), *times])
