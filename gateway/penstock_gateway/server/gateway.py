"""The gateway put together: every part made once, given what it needs, started and ended in the right order."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from math import inf
from typing import Final

from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from penstock_core import __version__, names
from penstock_core.cluster import FLOWS, SECRETS, Cluster, Reflector
from penstock_core.store.connection.readable import PutAside
from penstock_core.store.executions.acceptance import Acceptances
from penstock_core.store.executions.cancelling import Cancelling
from penstock_core.store.executions.reading import Reading
from penstock_core.store.flows.refusals import Refusals as Counts
from penstock_core.store.flows.statistics import Statistics
from penstock_gateway.acceptance.acceptor import Acceptor
from penstock_gateway.acceptance.batcher import Batcher, BatchLimits
from penstock_gateway.acceptance.job_creation import Starter
from penstock_gateway.acceptance.load import Load
from penstock_gateway.api.application import create_api
from penstock_gateway.api.authorization import Access
from penstock_gateway.api.routers import ROUTERS
from penstock_gateway.api.services import Services
from penstock_gateway.api.values.responses import LIMITS, ValueLimits, Values
from penstock_gateway.asgi import Receive, Scope, Send
from penstock_gateway.database import DatabaseAccess
from penstock_gateway.flows import FlowTable
from penstock_gateway.memory import give_back_large_blocks
from penstock_gateway.metrics import Metrics
from penstock_gateway.server import health
from penstock_gateway.server.health import Health
from penstock_gateway.settings import Settings
from penstock_gateway.webhooks.authentication import Authentication
from penstock_gateway.webhooks.endpoint import PREFIX, Webhooks
from penstock_gateway.webhooks.intake import Intake
from penstock_gateway.webhooks.keys import KeyTable
from penstock_gateway.webhooks.refusals import Refusals

_PARSERS: Final = 1
"""Large bodies are parsed one after the other: a value with its text can take 140 MiB, and the pod has 512."""
_log = logging.getLogger(__name__)


class Gateway:
    """An ASGI application, and the tasks behind it.

    Webhooks go straight to their handler; everything else goes through FastAPI.
    """

    def __init__(self, settings: Settings, cluster: Cluster, *, values: ValueLimits = LIMITS) -> None:
        give_back_large_blocks()
        self.settings = settings
        self.metrics = Metrics(CollectorRegistry())
        self.flows = FlowTable()
        self.keys = KeyTable()
        self.database = DatabaseAccess(
            cluster,
            namespace=settings.release_namespace,
            secret=settings.database_secret,
            pool_size=settings.pool_size,
            prepare=settings.prepare,
            aside=PutAside(self.metrics.put_aside),
        )
        self._parsers = ThreadPoolExecutor(_PARSERS, thread_name_prefix="parser")
        self.starter = Starter(cluster, self.flows, runner=settings.runner, metrics=self.metrics)
        acceptances = Acceptances(self.database.accepting)
        self._batcher = Batcher(
            acceptances.accept,
            on_started=self.starter.start,
            metrics=self.metrics,
            limits=BatchLimits(retries=settings.pool_size),
        )
        self._load = Load(Statistics(self.database.reading).running, max_running=settings.max_running)
        self._flow_reflectors = _flow_reflectors(settings, cluster, self.flows)
        self._key_reflectors = _key_reflectors(settings, cluster, self.keys)
        self.health = Health(
            reflectors={"flows": self._flow_reflectors, "webhook keys": self._key_reflectors}, database=self.database
        )
        self._refusals = Refusals(self.flows, self.metrics, store=Counts(self.database.reading).add)
        self._webhooks = Webhooks(
            flows=self.flows,
            authentication=Authentication(self.keys),
            acceptor=Acceptor(self._batcher, acceptances.ensure_definition, self._load),
            intake=Intake(body_limit=settings.max_body_bytes, total_limit=settings.max_buffered_bytes),
            refusals=self._refusals,
            parsers=self._parsers,
            metrics=self.metrics,
            public_url=settings.public_url,
        )
        self.api = self._create_api(cluster, values)
        self.probes = health.application(self.health, self.metrics)
        """Served on a port of its own."""
        self._export_lags()
        export(self, GAUGES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection's event."""
        if scope["type"] == "http" and scope["path"].startswith(PREFIX):
            await self._webhooks(scope, receive, send)
        else:
            await self.api(scope, receive, send)

    async def run(self) -> None:
        """The tasks behind the requests, until cancelled; one that fails ends all, and the kubelet starts a new process."""
        async with asyncio.TaskGroup() as group:
            for reflector in (*self._flow_reflectors, *self._key_reflectors):
                group.create_task(reflector.run())
            group.create_task(self._batcher.run())
            group.create_task(self.starter.run())
            group.create_task(self.database.open())
            group.create_task(self._load.run())
            group.create_task(self._refusals.run())

    async def drain(self) -> None:
        """Create the Jobs of what was accepted, as far as time allows; the dispatcher takes the rest."""
        if not await self.starter.drain(within=self.settings.shutdown_seconds / 2):
            _log.warning("jobs left to the dispatcher", extra={"count": self.starter.waiting()})

    async def close(self) -> None:
        """Close the database's connections and the parsers' threads."""
        await self.database.close()
        self._parsers.shutdown(wait=False, cancel_futures=True)

    def _create_api(self, cluster: Cluster, values: ValueLimits) -> FastAPI:
        services = Services(
            reading=Reading(self.database.reading, value_bytes=values.stored_bytes),
            access=Access(
                cluster,
                audience=self.settings.token_audience,
                release=self.settings.release,
                accepts_cluster_tokens=self.settings.accepts_cluster_tokens,
            ),
            flows=self.flows,
            values=Values(values),
            cancelling=Cancelling(self.database.accepting),
        )
        return create_api(*(make(services) for make in ROUTERS), version=__version__)

    def _export_lags(self) -> None:
        self.metrics.watch_lag(
            "flows",
            lambda: max((each.lag_seconds for each in self._flow_reflectors if not each.is_refused), default=inf),
        )
        self.metrics.watch_lag("secrets", lambda: max(each.lag_seconds for each in self._key_reflectors))


GAUGES: Final[Mapping[str, tuple[str, Callable[[Gateway], float]]]] = {
    "flows": ("Flows that are served", lambda gateway: len(gateway.flows)),
    "jobs_waiting": ("Executions that wait for their Job to be created", lambda gateway: gateway.starter.waiting()),
    "pool_size": ("Database connections for acceptances", lambda gateway: _of_pool(gateway, "pool_size")),
    "pool_available": ("Idle database connections", lambda gateway: _of_pool(gateway, "pool_available")),
    "pool_waiting": ("Requests that wait for a connection", lambda gateway: _of_pool(gateway, "requests_waiting")),
}
"""What is read of a gateway when it is scraped, by name; what is counted as it happens is in `metrics`."""


def export(gateway: Gateway, gauges: Mapping[str, tuple[str, Callable[[Gateway], float]]]) -> None:
    """Make gauges part of a gateway's metrics."""
    for name, (about, read) in gauges.items():
        gateway.metrics.gauge(name, about, partial(read, gateway))


def _of_pool(gateway: Gateway, name: str) -> float:
    return gateway.database.accepting.get_stats().get(name, 0)


def _flow_reflectors(settings: Settings, cluster: Cluster, flows: FlowTable) -> list[Reflector]:
    """One for all namespaces, or one for each that is watched; only Flows of this release."""
    labels = f"{names.LABEL_RELEASE}={settings.release}"
    namespaces: tuple[str | None, ...] = settings.watch_namespaces or (None,)
    return [
        Reflector(cluster, FLOWS, namespace=namespace, labels=labels, on_change=flows.change)
        for namespace in namespaces
    ]


def _key_reflectors(settings: Settings, cluster: Cluster, keys: KeyTable) -> list[Reflector]:
    """One for each Secret that the gateway's Role names; one that is not there yet holds nobody's keys."""
    return [
        Reflector(
            cluster,
            SECRETS,
            namespace=settings.release_namespace,
            # RBAC lets who may read one Secret by name list and watch with exactly this selector
            fields=f"metadata.name={name}",
            on_change=keys.change,
        )
        for name in names.webhook_digest_secrets(settings.runner.release_name)
    ]
