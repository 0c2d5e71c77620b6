"""uvicorn as the gateway runs it: one process, and an end that loses no request.

On SIGTERM the pod is taken out of its Service, but news of that takes a moment to reach everyone. So:

Probes and metrics have a port, and a server, of their own, which is the first to come and the last to go: no crowd of senders
keeps the kubelet from its answer, and whoever reaches the webhooks does not reach the numbers.

1. become unready, serve on for a few seconds
2. stop listening, finish the requests in flight
3. create the Jobs that are still waiting
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Generator
from types import FrameType
from typing import Final

import uvicorn

from penstock_core.cluster import Cluster
from penstock_gateway.memory import leave_alone_what_is_there
from penstock_gateway.server.gateway import Gateway
from penstock_gateway.server.protocol import LimitedProtocol
from penstock_gateway.settings import Settings

LEAVE_SECONDS: Final = 3.0
"""How long a pod that was told to end goes on listening."""
KEEP_ALIVE_SECONDS: Final = 75
"""Longer than the 60 s of common ingress controllers, so that it is they who close an idle connection."""
_log = logging.getLogger(__name__)


class Server(uvicorn.Server):
    """Ends in the order above. uvicorn itself would stop listening at once, and end the process by the signal it got."""

    def __init__(self, config: uvicorn.Config, gateway: Gateway) -> None:
        super().__init__(config)
        self._gateway = gateway
        self._loop = asyncio.get_running_loop()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A first signal ends gracefully, a second at once."""
        if self._gateway.health.ending:
            self.should_exit = self.force_exit = True
            return
        self._gateway.health.ending = True
        self._loop.call_soon_threadsafe(self._loop.call_later, LEAVE_SECONDS, self._leave)

    def _leave(self) -> None:
        self.should_exit = True


class ProbeServer(uvicorn.Server):
    """Ends when it is told to, not by a signal: these are for `Server`."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leaves signals alone."""
        yield


@contextlib.asynccontextmanager
async def probed(settings: Settings, gateway: Gateway) -> AsyncIterator[ProbeServer]:
    """Serves the gateway's probes meanwhile."""
    server = ProbeServer(probes_config(settings, gateway))
    serving = asyncio.create_task(server.serve())
    try:
        yield server
    finally:
        server.should_exit = True
        await serving


async def serve(settings: Settings) -> None:
    """Run the gateway until a signal ends it."""
    cluster = await Cluster.connect()
    gateway = Gateway(settings, cluster)
    leave_alone_what_is_there()
    async with probed(settings, gateway):
        await _serve(settings, gateway, cluster)


async def _serve(settings: Settings, gateway: Gateway, cluster: Cluster) -> None:
    server = Server(config(settings, gateway), gateway)
    background = asyncio.create_task(gateway.run())
    # without its tasks the gateway cannot serve: then it ends, with their error
    background.add_done_callback(lambda _: server.handle_exit(0, None))
    _log.info("gateway listens", extra={"host": settings.host, "port": settings.port})
    try:
        await server.serve()
        await gateway.drain()
    finally:
        ended_early = background.done()
        background.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            if ended_early:
                background.result()
            else:
                await background
        await gateway.close()
        await cluster.close()
    _log.info("gateway ended")


def probes_config(settings: Settings, gateway: Gateway) -> uvicorn.Config:
    """The same of the port for probes and metrics, which no proxy stands before."""
    return uvicorn.Config(
        gateway.probes,
        host=settings.host,
        port=settings.health_port,
        loop="uvloop",
        http=LimitedProtocol,
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=1,
    )


def config(settings: Settings, gateway: Gateway) -> uvicorn.Config:
    """uvicorn's settings, each with a reason where it is not its default."""
    return uvicorn.Config(
        gateway,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http=LimitedProtocol,
        ws="none",
        lifespan="off",
        # one line a request costs more than the request; metrics count them
        access_log=False,
        log_config=None,
        proxy_headers=bool(settings.trust_proxy),
        forwarded_allow_ips=settings.trust_proxy or None,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=settings.shutdown_seconds,
    )
