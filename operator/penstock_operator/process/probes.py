"""/healthz, /readyz and /metrics, for the kubelet and Prometheus; no user traffic."""

from collections.abc import Callable, Mapping

from aiohttp import web

from penstock_operator.metrics import Metrics


def application(
    *, metrics: Metrics, silent: Callable[[], Mapping[str, float]], ready: Callable[[], str | None]
) -> web.Application:
    """`silent` gives the loops that hang, `ready` why the replica is not ready (None: it is)."""

    async def healthz(_: web.Request) -> web.Response:
        hanging = silent()
        if hanging:
            listed = ", ".join(f"{name} ({seconds:.0f} s)" for name, seconds in hanging.items())
            return web.Response(status=503, text=f"not moving: {listed}\n")
        return web.Response(text="ok\n")

    async def readyz(_: web.Request) -> web.Response:
        reason = ready()
        return web.Response(text="ok\n") if reason is None else web.Response(status=503, text=f"{reason}\n")

    async def exposition(_: web.Request) -> web.Response:
        return web.Response(body=metrics.text(), content_type="text/plain", charset="utf-8")

    app = web.Application()
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", exposition)
    return app


async def serve(app: web.Application, port: int) -> web.AppRunner:
    """Listens on all addresses; the caller cleans the runner up."""
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, None, port).start()
    return runner
