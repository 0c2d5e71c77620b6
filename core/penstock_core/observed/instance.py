"""An Instance: what a customer asks for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Self

from penstock_core import names
from penstock_core.observed.base import Kept, fingerprint_of, metadata_of, packed
from penstock_core.observed.objects import Key, Object
from penstock_core.observed.reading import mapping, mappings, text


class Customer(NamedTuple):
    """Whom an instance works for."""

    id: str
    name: str | None = None

    @classmethod
    def parse(cls, spec: Mapping[str, Any]) -> Self:
        """From a spec's `customer`."""
        given = mapping(spec, "customer")
        return cls(id=text(given, "id"), name=text(given, "name") or None)

    def manifest(self) -> dict[str, str]:
        """As it stands in a Flow's spec."""
        return {"id": self.id} if self.name is None else {"id": self.id, "name": self.name}


class Override(NamedTuple):
    """What an Instance says of one flow: each member lies over the Integration's, as it is written."""

    paused: bool
    schedule: Mapping[str, Any] | None
    concurrency: Mapping[str, Any]
    resources: Mapping[str, Any]

    @classmethod
    def parse(cls, given: Mapping[str, Any]) -> Self:
        """From an entry of `spec.flows`."""
        return cls(
            paused=given.get("paused") is True,
            schedule=mapping(given, "schedule") if "schedule" in given else None,
            concurrency=mapping(given, "concurrency"),
            resources=mapping(given, "resources"),
        )


NO_OVERRIDE = Override(paused=False, schedule=None, concurrency={}, resources={})


class Signature(NamedTuple):
    """How an Instance's requests are signed; `described` is the rest, as it is written."""

    preset: str
    secret: str
    field: str
    described: Mapping[str, Any]

    @classmethod
    def parse(cls, given: Mapping[str, Any]) -> Self:
        """From `spec.webhook.signature`."""
        reference = mapping(given, "secretRef")
        return cls(
            preset=text(given, "preset"), secret=text(reference, "name"), field=text(reference, "key"), described=given
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance(Kept):
    """An Instance; `connections` are names of Secrets by connection, `config_maps` lie over each other in their order."""

    API_VERSION: ClassVar[str] = names.API_VERSION
    KIND: ClassVar[str] = "Instance"

    integration: str
    integration_namespace: str | None
    """As it is written: None is the Instance's own."""
    pin: str | None
    customer: Customer
    paused: bool
    when_paused: str | None
    overrides: Mapping[str, Override]
    connections: Mapping[str, str]
    config_maps: tuple[str, ...]
    keys_secret: str | None
    signature: Signature | None
    observed_generation: int | None
    version: str | None
    """The version that runs, as the status says."""

    @classmethod
    def parse(cls, raw: Object) -> Self:
        """The value of an object as the API server shows it."""
        spec, status = mapping(raw, "spec"), mapping(raw, "status")
        integration, webhook = mapping(spec, "integration"), mapping(spec, "webhook")
        overrides, connections = mapping(spec, "flows"), mapping(spec, "connections")
        return cls(
            **metadata_of(raw),
            packed=packed(raw),
            integration=text(integration, "name"),
            integration_namespace=text(integration, "namespace") or None,
            pin=text(integration, "version") or None,
            customer=Customer.parse(spec),
            paused=spec.get("paused") is True,
            when_paused=text(spec, "whenPaused") or None,
            overrides={name: Override.parse(mapping(overrides, name)) for name in overrides},
            connections={name: _secret_of(mapping(connections, name)) for name in connections},
            config_maps=tuple(text(mapping(one, "configMapRef"), "name") for one in mappings(spec, "configFrom")),
            keys_secret=text(mapping(webhook, "keysSecretRef"), "name") or None,
            signature=Signature.parse(mapping(webhook, "signature")) if webhook.get("signature") else None,
            observed_generation=status.get("observedGeneration"),
            version=text(status, "version") or None,
        )

    @property
    def fingerprint(self) -> str:
        """Of its status: nothing else of it is Penstock's."""
        return fingerprint_of(self.status)

    @property
    def config(self) -> Mapping[str, Any]:
        """`spec.config`; unpacked each time."""
        return mapping(mapping(self.manifest(), "spec"), "config")

    @property
    def integration_key(self) -> Key:
        """The Integration that it names, in its own namespace unless it says another."""
        return self.integration_namespace or self.namespace, self.integration

    @property
    def uses_generated_key(self) -> bool:
        """Whether its webhooks' key is one that Penstock makes, because it names none."""
        return self.keys_secret is None

    @property
    def named_secrets(self) -> frozenset[str]:
        """Names of the Secrets that it names: for connections, and for its webhooks."""
        signing = self.signature.secret if self.signature else None
        return frozenset(name for name in (*self.connections.values(), self.keys_secret, signing) if name is not None)

    def override(self, flow: str) -> Override:
        """What it says of a flow, by name as written."""
        return self.overrides.get(flow, NO_OVERRIDE)


def _secret_of(source: Mapping[str, Any]) -> str:
    return text(mapping(source, "secretRef"), "name")
