"""Stand-ins for the cluster and the store, for tests of the operator: they remember what was asked, and what is there."""

import copy
import itertools
from datetime import UTC, datetime

from penstock_core.cluster import INSTANCES
from penstock_core.cluster.client import Page
from penstock_core.errors import Conflict, NotFound
from penstock_core.store.tenants.model import RoleDsn
from penstock_operator.watch.inventory import KINDS

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


def item(name, *, spec=None, version="1", **metadata):
    """An object of the namespace acme whose uid is its name."""
    return {
        "metadata": {"name": name, "namespace": "acme", "uid": name, "resourceVersion": version, **metadata},
        "spec": spec or {},
    }


class FakeCluster:
    """The verbs of Cluster over a dict; `writes` lists what was written, watches feed the inventory at once.

    `failures` maps (verb, plural) or (verb, plural, name) to what is raised; of lists, ("list", namespace) or
    ("list", plural, namespace).
    """

    def __init__(self, inventory) -> None:
        self.objects = {}
        self.writes = []
        self.events = []
        self.failures = {}
        self._inventory = inventory
        self._numbers = itertools.count(1)

    def seed(self, kind, body, *, seen=True):
        """An object that somebody else made; `seen` False: no watch has told yet."""
        body = copy.deepcopy(body)
        metadata = body["metadata"]
        metadata.setdefault("uid", f"uid-{next(self._numbers)}")
        metadata.setdefault("generation", 1)
        metadata.setdefault("creationTimestamp", "2026-01-01T00:00:00Z")
        metadata["resourceVersion"] = str(next(self._numbers))
        self.objects[(kind.plural, metadata.get("namespace"), metadata["name"])] = body
        if seen:
            self._tell(kind, body)
        return body

    def remove(self, kind, namespace, name) -> None:
        """An object that somebody else deleted."""
        self.objects.pop((kind.plural, namespace, name))
        if kind in KINDS:
            self._inventory.remove(kind, (namespace, name))

    def _tell(self, kind, body) -> None:
        if kind in KINDS:
            self._inventory.put(kind, copy.deepcopy(body))

    def _find(self, kind, namespace, name):
        try:
            return self.objects[(kind.plural, namespace, name)]
        except KeyError:
            raise NotFound(f"{kind.plural} {name}") from None

    def _write(self, verb, kind, name) -> None:
        self.writes.append((verb, kind.plural, name))
        failure = self.failures.get((verb, kind.plural)) or self.failures.get((verb, kind.plural, name))
        if failure:
            raise failure

    def of(self, kind):
        """All objects of a kind by name."""
        return {name: body for (plural, _, name), body in self.objects.items() if plural == kind.plural}

    async def get(self, kind, namespace, name):
        return copy.deepcopy(self._find(kind, namespace, name))

    async def list(self, kind, namespace=None, *, labels="", fields=""):
        failure = self.failures.get(("list", namespace)) or self.failures.get(("list", kind.plural, namespace))
        if failure:
            raise failure
        return [
            copy.deepcopy(body)
            for (plural, where, _), body in self.objects.items()
            if plural == kind.plural and namespace in (None, where)
        ]

    async def pages(self, kind, namespace=None, *, labels="", fields=""):
        yield Page(await self.list(kind, namespace, labels=labels, fields=fields))

    async def create(self, kind, namespace, body):
        name = body["metadata"]["name"]
        self._write("create", kind, name)
        if (kind.plural, namespace, name) in self.objects:
            raise Conflict(f"{name} exists", status=409)
        return self.seed(kind, body)

    async def apply(self, kind, namespace, body, *, force=True):
        name = body["metadata"]["name"]
        self._write("apply", kind, name)
        found = self.objects.get((kind.plural, namespace, name))
        if found:
            kept = {part: found["metadata"][part] for part in ("uid", "creationTimestamp", "generation")}
            body = {**body, "metadata": {**body["metadata"], **kept}} | (
                {"status": found["status"]} if "status" in found else {}
            )
        return self.seed(kind, body)

    async def patch(self, kind, namespace, name, body):
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

    async def patch_status(self, kind, namespace, name, status):
        self._write("patch_status", kind, name)
        return self.seed(kind, _merge(self._find(kind, namespace, name), {"status": status}))

    async def delete(self, kind, namespace, name, *, propagation="Background") -> None:
        self._write("delete", kind, name)
        if (kind.plural, namespace, name) in self.objects:
            self.remove(kind, namespace, name)

    async def event(self, regarding, *, type, reason, message, action="Reconcile") -> None:  # noqa: A002
        self.events.append((type, reason, message))


def _merge(target, patch):
    result = copy.deepcopy(target)
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, dict) and isinstance(result.get(name), dict):
            result[name] = _merge(result[name], value)
        else:
            result[name] = copy.deepcopy(value)
    return result


class FakeCollection:
    """A Collection that sees the cluster's objects at once."""

    def __init__(self, cluster, kind) -> None:
        self._cluster = cluster
        self._kind = kind

    def get(self, key):
        found = self._cluster.objects.get((self._kind.plural, *key))
        return self._kind.parse(found) if found else None


class FakeTenancy:
    """Remembers roles, mirrors, definitions and removed instances."""

    def __init__(self) -> None:
        self.roles = {}
        self.mirrored = []
        self.removed = []
        self.definitions = set()

    async def ensure_runner_role(self, namespace, *, password=None):
        self.roles[namespace] = password = password or "generated"
        return RoleDsn(
            role=f"role_{namespace}", password=password, dsn=f"postgresql://role_{namespace}:{password}@db/penstock"
        )

    async def ensure_gateway_role(self, *, password=None):
        password = password or "generated"
        return RoleDsn(role="gateway", password=password, dsn=f"postgresql://gateway:{password}@db/penstock")

    async def drop_runner_role(self, namespace) -> None:
        self.roles.pop(namespace, None)

    async def mirror_instance(self, instance) -> bool:
        self.mirrored.append(instance)
        return True

    async def keep_definition(self, *, namespace, instance_uid, hash, packed) -> None:  # noqa: A002
        self.definitions.add((namespace, instance_uid, hash))

    async def delete_instance_data(self, *, namespace, instance, instance_uid, other_flows, batch=1000) -> int:
        self.removed.append((namespace, instance, instance_uid))
        self.kept_flows = sorted(other_flows)
        return 0


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.at = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

    def __call__(self):
        return self.at

    def advance(self, delta) -> None:
        self.at += delta
