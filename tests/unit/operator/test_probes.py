"""What the operator answers to the kubelet and to Prometheus."""

from aiohttp.test_utils import TestClient, TestServer

from penstock_operator.metrics import Metrics
from penstock_operator.process.probes import application


async def test_probes_tell_what_hangs_and_what_is_missing() -> None:
    """/healthz names loops that hang, /readyz why the replica is not ready, /metrics speaks Prometheus."""
    silent: dict[str, float] = {}
    reasons: list[str | None] = [None]
    metrics = Metrics()
    metrics.leading(active=True)
    app = application(metrics=metrics, silent=lambda: silent, ready=lambda: reasons[0])
    async with TestClient(TestServer(app)) as client:
        assert (await client.get("/healthz")).status == 200
        assert (await client.get("/readyz")).status == 200
        assert "penstock_operator_leader 1.0" in await (await client.get("/metrics")).text()
        silent["recovery"], reasons[0] = 200.0, "no database"
        health, ready = await client.get("/healthz"), await client.get("/readyz")

        assert (health.status, await health.text()) == (503, "not moving: recovery (200 s)\n")
        assert (ready.status, await ready.text()) == (503, "no database\n")
