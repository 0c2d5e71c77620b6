"""A gateway on a real socket with a cluster that lies in memory: objects are put there by the test, writes are kept for it to see."""

import asyncio
import base64
import hashlib
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import uvicorn

from penstock_core import names
from penstock_core.cluster import FLOWS, JOBS, SECRETS, Caller, Kind
from penstock_core.cluster.client import Page
from penstock_core.errors import ClusterError, Conflict, NotFound
from penstock_core.manifests.job import RunnerPod
from penstock_gateway.server.gateway import Gateway
from penstock_gateway.server.server import config
from penstock_gateway.settings import Settings

NAMESPACE = "penstock-system"
RELEASE = "penstock-system.penstock"
TENANT = "acme"
INSTANCE = "acme-orders"
INSTANCE_UID = "6f1c2f0e-0000-4000-8000-000000000001"
KEY = "correct-horse-battery-staple"


class FakeCluster:
    """What the gateway uses of `Cluster`; `failure`, where set, answers every write."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str, str], dict[str, Any]] = {}
        self.created: list[dict[str, Any]] = []
        self.tokens: dict[str, Caller] = {}
        self.rights: set[tuple[str, str, str, str]] = set()
        """(user, namespace, verb, `resource` or `resource/subresource`)"""
        self.reviews = 0
        self.failure: ClusterError | None = None
        self.refused: tuple[str, ...] = ()
        """Namespaces that may not be read."""
        self.hold: asyncio.Event | None = None
        self._watches: list[tuple[Kind, str | None, str, asyncio.Queue[dict[str, Any]]]] = []
        self._version = 0

    def put(self, kind: Kind, body: dict[str, Any]) -> dict[str, Any]:
        """Create or change an object; watches hear of it."""
        self._version += 1
        body = json.loads(json.dumps(body))
        body["metadata"]["resourceVersion"] = str(self._version)
        key = (kind.plural, body["metadata"]["namespace"], body["metadata"]["name"])
        self._tell(kind, "MODIFIED" if key in self.objects else "ADDED", body)
        self.objects[key] = body
        return body

    def remove(self, kind: Kind, namespace: str, name: str) -> None:
        """Delete an object; watches hear of it."""
        self._tell(kind, "DELETED", self.objects.pop((kind.plural, namespace, name)))

    def _tell(self, kind: Kind, event: str, body: dict[str, Any]) -> None:
        for watched, namespace, fields, queue in self._watches:
            if watched == kind and namespace in (None, body["metadata"]["namespace"]) and _selects(fields, body):
                queue.put_nowait({"type": event, "object": body})

    async def pages(
        self, kind: Kind, namespace: str | None = None, *, labels: str = "", fields: str = ""
    ) -> AsyncGenerator[Page, None]:
        if namespace in self.refused:
            raise ClusterError(f"{kind.plural} is forbidden in {namespace}", status=403)
        _check_right(kind, fields)
        found = [
            body
            for (plural, place, _), body in self.objects.items()
            if plural == kind.plural
            and namespace in (None, place)
            and _matches(body, labels)
            and _selects(fields, body)
        ]
        page = Page(json.loads(json.dumps(found)))
        page.resource_version = str(self._version)
        yield page

    async def watch(
        self, kind: Kind, namespace: str | None = None, *, fields: str = "", **_: Any
    ) -> AsyncGenerator[dict[str, Any], None]:
        _check_right(kind, fields)
        queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._watches.append((kind, namespace, fields, queue))
        while True:
            yield await queue.get()

    async def get(self, kind: Kind, namespace: str | None, name: str) -> dict[str, Any]:
        try:
            return self.objects[kind.plural, namespace or "", name]
        except KeyError:
            raise NotFound(f'{kind.plural} "{name}" not found', status=404) from None

    async def create(self, kind: Kind, namespace: str | None, body: dict[str, Any]) -> dict[str, Any]:
        if self.hold is not None:
            await self.hold.wait()
        if self.failure is not None:
            raise self.failure
        if (kind.plural, namespace or "", body["metadata"]["name"]) in self.objects:
            raise Conflict("exists", status=409)
        self.created.append(body)
        return self.put(kind, body)

    async def review_token(self, token: str, audiences: tuple[str, ...] = ()) -> Caller | None:
        self.reviews += 1
        if self.failure is not None:
            raise self.failure
        return self.tokens.get(token)

    async def review_access(
        self,
        caller: Caller,
        *,
        namespace: str,
        verb: str,
        resource: str,
        subresource: str = "",
        group: str = names.GROUP,
    ) -> bool:
        self.reviews += 1
        path = f"{resource}/{subresource}" if subresource else resource
        return bool({(caller.user, namespace, verb, path), (caller.user, "", verb, path)} & self.rights)

    def jobs(self) -> list[str]:
        """Names of the Jobs that were created."""
        return [body["metadata"]["name"] for body in self.created if body["kind"] == "Job"]


def _selects(fields: str, body: dict[str, Any]) -> bool:
    return fields in ("", f"metadata.name={body['metadata']['name']}")


def _check_right(kind: Kind, fields: str) -> None:
    """As the gateway's Role has it: Secrets are listed and watched one by one, each by its name."""
    if kind == SECRETS and fields.removeprefix("metadata.name=") not in names.webhook_digest_secrets("penstock"):
        raise ClusterError(f'secrets is forbidden with the field selector "{fields}"', status=403)


def _matches(body: dict[str, Any], labels: str) -> bool:
    has = body["metadata"].get("labels", {})
    return all(has.get(name) == value for name, _, value in (part.partition("=") for part in labels.split(",") if part))


def flow(
    name: str = "importOrder", *, instance: str = INSTANCE, namespace: str = TENANT, **spec: Any
) -> dict[str, Any]:
    """A Flow object as the operator writes it."""
    return {
        "apiVersion": names.API_VERSION,
        "kind": "Flow",
        "metadata": {
            "name": names.flow_object(instance, name),
            "namespace": namespace,
            "uid": hashlib.sha256(f"{namespace}/{instance}/{name}".encode()).hexdigest()[:32],
            "labels": {names.LABEL_RELEASE: RELEASE, names.LABEL_INSTANCE: instance, names.LABEL_FLOW: name},
        },
        "spec": {
            "instance": instance,
            "instanceUid": INSTANCE_UID,
            "flow": name,
            "integration": {"name": "orders-to-erp", "version": "1.4.0"},
            "customer": {"id": "acme", "name": "ACME GmbH"},
            "trigger": "webhook",
            "paused": False,
            "whenPaused": "reject",
            "webhook": {"methods": ["POST"], "security": "required", "url": "https://hooks.example/x"},
            "timeoutSeconds": 300,
            "connections": [],
            "definitionHash": hashlib.sha256(name.encode()).hexdigest(),
            "definition": {"schema": 1, "flow": {"name": name}, "steps": []},
            **spec,
        },
    }


def mirrored(*keys: str, **content: Any) -> str:
    """The field of an instance in a mirrored Secret; `content` is what it holds besides the keys' digests."""
    digests = [hashlib.sha256(key.encode()).hexdigest() for key in keys]
    return base64.b64encode(json.dumps({"keys": digests, **content}).encode()).decode()


def key_secret(fields: dict[str, str]) -> dict[str, Any]:
    """The mirrored Secret of instances that share one; fields (see `mirrored`) by uid, one at least."""
    [name] = {names.webhook_digest_secret("penstock", uid) for uid in fields}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": NAMESPACE, "labels": {names.LABEL_RELEASE: RELEASE}},
        "data": fields,
    }


def database_secret(dsn: str) -> dict[str, Any]:
    """The Secret that the operator writes after migrating."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "penstock-gateway-database", "namespace": NAMESPACE},
        "data": {"dsn": base64.b64encode(dsn.encode()).decode()},
    }


def settings(**changed: Any) -> Settings:
    """A gateway's settings on a free port."""
    runner = RunnerPod(image="runner:1", pull_policy="IfNotPresent", release=RELEASE, release_name="penstock")
    return Settings(
        **{
            "release": RELEASE,
            "release_namespace": NAMESPACE,
            "database_secret": "penstock-gateway-database",
            "watch_namespaces": (),
            "runner": runner,
            "public_url": "https://hooks.example",
            "host": "127.0.0.1",
            "port": 0,
            **changed,
        }
    )


class Stand:
    """A running gateway, its cluster, and a client."""

    def __init__(self, gateway: Gateway, cluster: FakeCluster, *, client: httpx.AsyncClient, port: int) -> None:
        self.gateway = gateway
        self.cluster = cluster
        self.client = client
        self.port = port

    async def post(self, flow: str = "importOrder", **request: Any) -> httpx.Response:
        """POST to a flow with the right key; `request` is httpx's."""
        headers = {"Api-Key": KEY, **request.pop("headers", {})}
        return await self.client.post(f"/hooks/{TENANT}/{INSTANCE}/{flow}", headers=headers, **request)

    async def read(self, path: str, token: str = "viewer", /, **query: Any) -> httpx.Response:
        """GET below `/api/v1/executions`."""
        headers = {"Authorization": f"Bearer {token}", **query.pop("headers", {})}
        return await self.client.get(f"/api/v1/executions{path}", params=query, headers=headers)

    async def raw(self, data: bytes) -> bytes:
        """Send bytes as they are; everything that comes back until the gateway closes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(data)
        try:
            return await asyncio.wait_for(reader.read(), 10)
        finally:
            writer.close()

    def serve(self, *flows: dict[str, Any]) -> None:
        """Put Flow objects; they are served when `settled` returns."""
        for body in flows:
            self.cluster.put(FLOWS, body)


async def until(look: Callable[[], Any], *, within: float = 10.0) -> Any:
    """What `look` gives once it is true; AssertionError with what it last gave."""
    deadline = asyncio.get_running_loop().time() + within
    while not (seen := look()):
        assert asyncio.get_running_loop().time() < deadline, f"last saw {seen!r}"
        await asyncio.sleep(0.01)
    return seen


@asynccontextmanager
async def standing(
    dsn: str | None, *, ready: bool = True, refused: tuple[str, ...] = (), **changed: Any
) -> AsyncIterator[Stand]:
    """A gateway that serves `importOrder` with `KEY`; without a DSN its database Secret is missing."""
    cluster = FakeCluster()
    cluster.refused = refused
    cluster.put(FLOWS, flow())
    cluster.put(SECRETS, key_secret({INSTANCE_UID: mirrored(KEY)}))
    if dsn is not None:
        cluster.put(SECRETS, database_secret(dsn))
    chosen = settings(**changed)
    gateway = Gateway(chosen, cluster)  # type: ignore[arg-type]
    served = config(chosen, gateway)
    served.load()
    server = uvicorn.Server(served)
    server.lifespan = served.lifespan_class(served)
    background = asyncio.create_task(gateway.run())
    await server.startup()
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
            if ready:
                await until(lambda: not gateway.health.missing())
            yield Stand(gateway, cluster, client=client, port=port)
    finally:
        server.should_exit = server.force_exit = True
        await server.shutdown()
        background.cancel()
        await asyncio.gather(background, return_exceptions=True)
        await gateway.close()


__all__ = ["JOBS", "KEY", "FakeCluster", "Stand", "flow", "key_secret", "mirrored", "settings", "standing", "until"]
