"""The gateway's two ports: senders reach neither probes nor numbers, and no crowd of theirs keeps the kubelet from its answer."""

import asyncio
from dataclasses import replace

import httpx
import pytest

from fake_cluster import FakeCluster
from gateway_stand import settings, standing, until
from penstock_gateway.server.gateway import Gateway
from penstock_gateway.server.protocol import CONNECTIONS
from penstock_gateway.server.server import probed


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
async def test_the_port_of_webhooks_tells_nothing_of_the_process(path: str) -> None:
    """Probes and metrics are answered on the other port alone, which takes no webhook and no question of the API."""
    async with standing(None, ready=False) as stand:
        outside, inside = await stand.client.get(path), await stand.probe(path)
        hook = await stand.probe("/hooks/acme/acme-orders/importOrder", "POST")
        api = await stand.probe("/api/v1/executions")

    assert outside.json()["type"] == "urn:penstock:problem:no-such-path"
    assert inside.status_code in {200, 503}
    assert (hook.status_code, api.status_code) == (404, 404)


async def test_a_crowd_of_senders_leaves_the_probes_alone() -> None:
    """With as many connections open as there may be, the next sender gets 503 and the kubelet its answer."""
    async with standing(None, ready=False) as stand:
        crowd = [await asyncio.open_connection("127.0.0.1", stand.port) for _ in range(CONNECTIONS)]
        beyond = await stand.raw(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        alive = await stand.probe("/healthz")
        for _, writer in crowd:
            writer.close()

    assert beyond.startswith(b"HTTP/1.1 503 ")
    assert alive.status_code == 200


async def test_probes_are_answered_until_the_very_end() -> None:
    """The probes' server comes and goes with what it surrounds, and takes no signal for itself."""
    gateway = Gateway(settings(), FakeCluster())
    async with probed(replace(settings(), health_port=0), gateway) as server:
        await until(lambda: server.started)
        port = server.servers[0].sockets[0].getsockname()[1]
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            answer = await client.get("/healthz")
    await gateway.close()

    assert answer.json() == {"status": "ok"}
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)
