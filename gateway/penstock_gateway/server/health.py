"""What the kubelet, Prometheus and a person on call ask: alive, ready, and the numbers.

Ready means: the Flows and keys are known and current, and the database has answered once. A database that goes away later does
not make the pod unready, see `database`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from penstock_core.cluster import Reflector
from penstock_gateway.database import DatabaseAccess
from penstock_gateway.metrics import Metrics


@dataclass(slots=True, kw_only=True)
class Health:
    """Looks at the parts when asked."""

    reflectors: Mapping[str, Sequence[Reflector]]
    """By what they watch, in words."""
    database: DatabaseAccess
    ending: bool = field(default=False)
    """Set when the process was told to end: it serves on, but wants no new callers."""

    def missing(self) -> list[str]:
        """What is not as it should be, in words; empty means ready."""
        faults = ["the process is ending"] if self.ending else []
        for about, reflectors in self.reflectors.items():
            # a namespace that was deleted, or whose Role was, must not take the others' webhooks down
            watched = [reflector for reflector in reflectors if not reflector.is_refused]
            if not watched:
                faults.append(f"{about} may not be read")
            elif not all(reflector.is_synced for reflector in watched):
                faults.append(f"{about} have not been listed yet")
            elif not all(reflector.is_alive for reflector in watched):
                lag = max(reflector.lag_seconds for reflector in watched)
                faults.append(f"{about} were last heard of {lag:.0f} s ago")
        return faults + ([self.database.state] if self.database.state else [])


def application(health: Health, metrics: Metrics) -> Starlette:
    """`/healthz`, `/readyz` and `/metrics`, for a port of their own: who may send webhooks need not see the numbers."""

    async def healthz(_: Request) -> Response:
        """The process answers."""
        return JSONResponse({"status": "ok"})

    async def readyz(_: Request) -> Response:
        """Requests are served; if not, what is missing."""
        missing = health.missing()
        content = {"status": "waiting" if missing else "ready", "missing": missing}
        return JSONResponse(content, status_code=503 if missing else 200)

    async def numbers(_: Request) -> Response:
        """Prometheus' text format."""
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    routes = {"/healthz": healthz, "/readyz": readyz, "/metrics": numbers}
    return Starlette(routes=[Route(path, endpoint) for path, endpoint in routes.items()])
