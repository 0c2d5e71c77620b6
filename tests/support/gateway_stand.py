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

import builders
from fake_cluster import FakeCluster
from penstock_core import names
from penstock_core.cluster import FLOWS, JOBS, SECRETS, Caller, Kind, Object
from penstock_core.cluster.client import Page
from penstock_core.errors import ClusterError
from penstock_core.manifests.job import RunnerPod
from penstock_gateway.api.values.responses import LIMITS, ValueLimits
from penstock_gateway.server.gateway import Gateway
from penstock_gateway.server.server import config, probes_config
from penstock_gateway.settings import Settings

NAMESPACE = "penstock-system"
RELEASE = "penstock-system.penstock"
TENANT = "acme"
INSTANCE = "acme-orders"
INSTANCE_UID = "6f1c2f0e-0000-4000-8000-000000000001"
KEY = "correct-horse-battery-staple"
ANSWERED_SECONDS = 60.0
"""The longest for an answer, one of millions of values on a busy machine included."""


class GatewayCluster(FakeCluster):
    """A cluster in memory that lets the gateway read what its Role does."""

    def pages(
        self, kind: Kind, namespace: str | None = None, *, labels: str = "", fields: str = ""
    ) -> AsyncGenerator[Page, None]:
        _check_right(kind, fields)
        return super().pages(kind, namespace, labels=labels, fields=fields)

    def watch(
        self,
        kind: Kind,
        namespace: str | None = None,
        *,
        resource_version: str,
        labels: str = "",
        fields: str = "",
        seconds: int = 60,
    ) -> AsyncGenerator[Object, None]:
        _check_right(kind, fields)
        return super().watch(
            kind, namespace, resource_version=resource_version, labels=labels, fields=fields, seconds=seconds
        )


def _check_right(kind: Kind, fields: str) -> None:
    """As the gateway's Role has it: Secrets are listed and watched one by one, each by its name."""
    if kind == SECRETS and fields.removeprefix("metadata.name=") not in names.webhook_digest_secrets("penstock"):
        raise ClusterError(f'secrets is forbidden with the field selector "{fields}"', status=403)


def flow(
    name: str = "importOrder", *, instance: str = INSTANCE, namespace: str = TENANT, **spec: Any
) -> dict[str, Any]:
    """A Flow object as the operator writes it, with a webhook and a uid of its own."""
    given: dict[str, Any] = {
        "instanceUid": INSTANCE_UID,
        "integration": {"name": "orders-to-erp", "version": "1.4.0"},
        "customer": {"id": "acme", "name": "ACME GmbH"},
        "whenPaused": "reject",
        "webhook": {"methods": ["POST"], "security": "required", "url": "https://hooks.example/x"},
        "timeoutSeconds": 300,
        "definitionHash": hashlib.sha256(name.encode()).hexdigest(),
        "definition": {"schema": 1, "flow": {"name": name}, "steps": []},
        **spec,
    }
    uid = hashlib.sha256(f"{namespace}/{instance}/{name}".encode()).hexdigest()[:32]
    return builders.flow(name, instance=instance, namespace=namespace, uid=uid, **given)


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
            "health_port": 0,
            **changed,
        }
    )


class Stand:
    """A running gateway, its cluster, and a client."""

    def __init__(
        self,
        gateway: Gateway,
        cluster: GatewayCluster,
        *,
        client: httpx.AsyncClient,
        port: int,
        health_port: int,
    ) -> None:
        self.gateway = gateway
        self.cluster = cluster
        self.client = client
        self.port = port
        self.health_port = health_port

    async def post(self, flow: str = "importOrder", **request: Any) -> httpx.Response:
        """POST to a flow with the right key; `request` is httpx's."""
        headers = {"Api-Key": KEY, **request.pop("headers", {})}
        return await self.client.post(f"/hooks/{TENANT}/{INSTANCE}/{flow}", headers=headers, **request)

    async def read(self, path: str, token: str = "viewer", /, **query: Any) -> httpx.Response:
        """GET below `/api/v1/executions`."""
        headers = {"Authorization": f"Bearer {token}", **query.pop("headers", {})}
        return await self.client.get(f"/api/v1/executions{path}", params=query, headers=headers)

    async def probe(self, path: str, method: str = "GET") -> httpx.Response:
        """Ask the port of probes and metrics."""
        return await self.client.request(method, f"http://127.0.0.1:{self.health_port}{path}")

    async def raw(self, data: bytes, *, port: int | None = None) -> bytes:
        """Send bytes as they are; everything that comes back until the gateway closes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port or self.port)
        writer.write(data)
        try:
            return await asyncio.wait_for(reader.read(), ANSWERED_SECONDS)
        finally:
            writer.close()

    def serve(self, *flows: dict[str, Any]) -> None:
        """Put Flow objects; they are served when `settled` returns."""
        for body in flows:
            self.cluster.seed(FLOWS, body)


def admit(stand: Stand) -> None:
    """Let the tokens `viewer` and `insider` list executions, and the second also see data."""
    for user in ("viewer", "insider"):
        stand.cluster.tokens[user] = Caller(user=user)
        stand.cluster.rights |= {(user, TENANT, verb, "executions") for verb in ("get", "list")}
    stand.cluster.rights.add(("insider", TENANT, "get", "executions/data"))


async def until(look: Callable[[], Any], *, within: float = 10.0) -> Any:
    """What `look` gives once it is true; AssertionError with what it last gave."""
    deadline = asyncio.get_running_loop().time() + within
    while not (seen := look()):
        assert asyncio.get_running_loop().time() < deadline, f"last saw {seen!r}"
        await asyncio.sleep(0.01)
    return seen


@asynccontextmanager
async def standing(
    dsn: str | None, *, ready: bool = True, refused: tuple[str, ...] = (), values: ValueLimits = LIMITS, **changed: Any
) -> AsyncIterator[Stand]:
    """A gateway that serves `importOrder` with `KEY`; without a DSN its database Secret is missing."""
    cluster = GatewayCluster()
    for namespace in refused:
        cluster.failures["list", namespace] = ClusterError(f"forbidden in {namespace}", status=403)
    cluster.seed(FLOWS, flow())
    cluster.seed(SECRETS, key_secret({INSTANCE_UID: mirrored(KEY)}))
    if dsn is not None:
        cluster.seed(SECRETS, database_secret(dsn))
    chosen = settings(**changed)
    gateway = Gateway(chosen, cluster, values=values)
    background = asyncio.create_task(gateway.run())
    try:
        async with (
            _listening(config(chosen, gateway)) as port,
            _listening(probes_config(chosen, gateway)) as health_port,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=ANSWERED_SECONDS) as client,
        ):
            if ready:
                await until(lambda: not gateway.health.missing())
            yield Stand(gateway, cluster, client=client, port=port, health_port=health_port)
    finally:
        background.cancel()
        await asyncio.gather(background, return_exceptions=True)
        await gateway.close()


@asynccontextmanager
async def _listening(served: uvicorn.Config) -> AsyncIterator[int]:
    """A server's port, as long as it listens."""
    served.load()
    server = uvicorn.Server(served)
    server.lifespan = served.lifespan_class(served)
    await server.startup()
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = server.force_exit = True
        await server.shutdown()


__all__ = ["JOBS", "KEY", "GatewayCluster", "Stand", "flow", "key_secret", "mirrored", "settings", "standing", "until"]
