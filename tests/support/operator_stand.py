"""Stand-ins for the cluster and the store, for tests of the operator: they remember what was asked, and what is there."""

import copy
import itertools
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from penstock_core.cluster import INSTANCES, Cluster, EventType, Key, Kind, Object
from penstock_core.errors import Conflict, NotFound
from penstock_core.store.tenants.instances import Tenancy
from penstock_core.store.tenants.model import InstanceMirror, RoleDsn
from penstock_operator.watch.collection import Collection
from penstock_operator.watch.inventory import KINDS, Inventory

ENVIRONMENT = {
    "PENSTOCK_RELEASE": "penstock-system.penstock",
    "PENSTOCK_RELEASE_NAME": "penstock",
    "PENSTOCK_RELEASE_NAMESPACE": "penstock-system",
    "PENSTOCK_RUNNER_IMAGE": "runner:1",
    "PENSTOCK_PUBLIC_URL": "https://hooks.example/",
    "PENSTOCK_DSN": "postgresql://owner:secret@db/penstock",
    "PENSTOCK_DATABASE_ROLE_PREFIX": "penstock",
    "PENSTOCK_JOBS_ROLE": "jobs",
    "PENSTOCK_GATEWAY_SERVICE_ACCOUNT": "gateway",
}


def item(name: str, *, spec: Mapping[str, Any] | None = None, version: str = "1", **metadata: Any) -> Object:
    """An object of the namespace acme whose uid is its name."""
    return {
        "metadata": {"name": name, "namespace": "acme", "uid": name, "resourceVersion": version, **metadata},
        "spec": spec or {},
    }


class FakeCluster(Cluster):
    """The verbs of Cluster over a dict; `writes` lists what was written, watches feed the inventory at once.

    `failures` maps (verb, plural) or (verb, plural, name) to what is raised; of lists, ("list", namespace) or
    ("list", plural, namespace).
    """

    def __init__(self, inventory: Inventory) -> None:
        self.objects: dict[tuple[str, str | None, str], Object] = {}
        self.writes: list[tuple[str, str, str]] = []
        self.events: list[tuple[str, str, str]] = []
        self.failures: dict[tuple[str | None, ...], Exception] = {}
        self._inventory = inventory
        self._numbers = itertools.count(1)

    def seed(self, kind: Kind, given: Mapping[str, Any], *, seen: bool = True) -> Object:
        """An object that somebody else made; `seen` False: no watch has told yet."""
        body = copy.deepcopy(dict(given))
        metadata = body["metadata"]
        metadata.setdefault("uid", f"uid-{next(self._numbers)}")
        metadata.setdefault("generation", 1)
        metadata.setdefault("creationTimestamp", "2026-01-01T00:00:00Z")
        metadata["resourceVersion"] = str(next(self._numbers))
        self.objects[(kind.plural, metadata.get("namespace"), metadata["name"])] = body
        if seen:
            self._tell(kind, body)
        return body

    def remove(self, kind: Kind, namespace: str | None, name: str) -> None:
        """An object that somebody else deleted."""
        self.objects.pop((kind.plural, namespace, name))
        if kind in KINDS and namespace is not None:
            self._inventory.remove(kind, (namespace, name))

    def _tell(self, kind: Kind, body: Mapping[str, Any]) -> None:
        if kind in KINDS:
            self._inventory.put(kind, copy.deepcopy(dict(body)))

    def _find(self, kind: Kind, namespace: str | None, name: str) -> Object:
        try:
            return self.objects[(kind.plural, namespace, name)]
        except KeyError:
            raise NotFound(f"{kind.plural} {name}") from None

    def _write(self, verb: str, kind: Kind, name: str) -> None:
        self.writes.append((verb, kind.plural, name))
        failure = self.failures.get((verb, kind.plural)) or self.failures.get((verb, kind.plural, name))
        if failure:
            raise failure

    def of(self, kind: Kind) -> dict[str, Object]:
        """All objects of a kind by name."""
        return {name: body for (plural, _, name), body in self.objects.items() if plural == kind.plural}

    async def get(self, kind: Kind, namespace: str | None, name: str) -> Object:
        return copy.deepcopy(self._find(kind, namespace, name))

    async def list(
        self, kind: Kind, namespace: str | None = None, *, labels: str = "", fields: str = ""
    ) -> list[Object]:
        failure = self.failures.get(("list", namespace)) or self.failures.get(("list", kind.plural, namespace))
        if failure:
            raise failure
        return [
            copy.deepcopy(body)
            for (plural, where, _), body in self.objects.items()
            if plural == kind.plural and namespace in (None, where)
        ]

    async def create(self, kind: Kind, namespace: str | None, body: Mapping[str, Any]) -> Object:
        name = body["metadata"]["name"]
        self._write("create", kind, name)
        if (kind.plural, namespace, name) in self.objects:
            raise Conflict(f"{name} exists", status=409)
        return self.seed(kind, body)

    async def apply(self, kind: Kind, namespace: str | None, body: Mapping[str, Any], *, force: bool = True) -> Object:
        name = body["metadata"]["name"]
        self._write("apply", kind, name)
        found = self.objects.get((kind.plural, namespace, name))
        if found:
            kept = {part: found["metadata"][part] for part in ("uid", "creationTimestamp", "generation")}
            body = {**body, "metadata": {**body["metadata"], **kept}} | (
                {"status": found["status"]} if "status" in found else {}
            )
        return self.seed(kind, body)

    async def patch(self, kind: Kind, namespace: str | None, name: str, body: Mapping[str, Any]) -> Object:
        self._write("patch", kind, name)
        found = self._find(kind, namespace, name)
        version = body.get("metadata", {}).get("resourceVersion")
        if version not in (None, found["metadata"]["resourceVersion"]):
            raise Conflict("changed", status=409)
        merged = _merge(found, body)
        if kind is INSTANCES and "deletionTimestamp" in merged["metadata"] and not merged["metadata"].get("finalizers"):
            self.remove(kind, namespace, name)
            return merged
        return self.seed(kind, merged)

    async def scale(self, kind: Kind, namespace: str, name: str, *, replicas: int) -> Object:
        self._write("scale", kind, name)
        return self.seed(kind, _merge(self._find(kind, namespace, name), {"spec": {"replicas": replicas}}))

    async def patch_status(self, kind: Kind, namespace: str | None, name: str, status: Mapping[str, Any]) -> Object:
        self._write("patch_status", kind, name)
        return self.seed(kind, _merge(self._find(kind, namespace, name), {"status": status}))

    async def delete(self, kind: Kind, namespace: str | None, name: str, *, propagation: str = "Background") -> None:
        self._write("delete", kind, name)
        if (kind.plural, namespace, name) in self.objects:
            self.remove(kind, namespace, name)

    async def event(
        self,
        regarding: Mapping[str, Any],
        *,
        type: EventType,  # noqa: A002 - the field's name in Kubernetes
        reason: str,
        message: str,
        action: str = "Reconcile",
    ) -> None:
        self.events.append((type, reason, message))


def _merge(target: Mapping[str, Any], patch: Mapping[str, Any]) -> Object:
    result = copy.deepcopy(dict(target))
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, dict) and isinstance(result.get(name), dict):
            result[name] = _merge(result[name], value)
        else:
            result[name] = copy.deepcopy(value)
    return result


class FakeCollection(Collection):
    """A Collection that sees the cluster's objects at once."""

    def __init__(self, cluster: FakeCluster, kind: Kind) -> None:
        self._cluster = cluster
        self._kind = kind

    def get(self, key: Key) -> Object | None:
        return self._cluster.objects.get((self._kind.plural, *key))


class FakeTenancy(Tenancy):
    """Remembers roles, mirrors, definitions and removed instances."""

    def __init__(self) -> None:
        self.roles: dict[str, str] = {}
        self.mirrored: list[InstanceMirror] = []
        self.removed: list[tuple[str, str, str]] = []
        self.kept_flows: list[str] = []
        self.definitions: set[tuple[str, str, str]] = set()

    async def ensure_runner_role(self, namespace: str, *, password: str | None = None) -> RoleDsn:
        self.roles[namespace] = password = password or "generated"
        return RoleDsn(
            role=f"role_{namespace}", password=password, dsn=f"postgresql://role_{namespace}:{password}@db/penstock"
        )

    async def ensure_gateway_role(self, *, password: str | None = None) -> RoleDsn:
        password = password or "generated"
        return RoleDsn(role="gateway", password=password, dsn=f"postgresql://gateway:{password}@db/penstock")

    async def drop_runner_role(self, namespace: str) -> None:
        self.roles.pop(namespace, None)

    async def mirror_instance(self, instance: InstanceMirror) -> bool:
        self.mirrored.append(instance)
        return True

    async def keep_definition(self, *, namespace: str, instance_uid: str, hash: str, packed: bytes) -> None:  # noqa: A002
        self.definitions.add((namespace, instance_uid, hash))

    async def delete_instance_data(
        self, *, namespace: str, instance: str, instance_uid: str, other_flows: Iterable[str], batch: int = 1000
    ) -> int:
        self.removed.append((namespace, instance, instance_uid))
        self.kept_flows = sorted(other_flows)
        return 0


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.at = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def advance(self, delta: timedelta) -> None:
        self.at += delta
