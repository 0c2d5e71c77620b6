"""Values of what the store knows of tenants."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleDsn:
    """A database role and how its programs connect; secret, so neither password nor DSN is in its repr."""

    role: str
    password: str = field(repr=False)
    dsn: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceMirror:
    """What searches need of an Instance."""

    namespace: str
    uid: str
    name: str
    integration: str
    version: str | None
    customer_id: str | None
    customer_name: str | None
    labels: Mapping[str, str]
    paused: bool
    ready: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDefinition:
    """A flow's definition, packed, under its hash; it goes with the Instance whose it is."""

    hash: str
    packed: bytes = field(repr=False)
    instance_uid: str
