"""`python -m penstock_operator stop-release`: before an uninstall, stops what would still act while, or after, everything else goes.

First the operator, until its pods are gone: otherwise it would put its finalizer back on each Instance from which `cleanup`
takes it away. Then the schedules: their CronJobs belong to Flows, which stay, and would start Jobs for nobody.
A new installation makes the CronJobs again.
"""

import argparse
import logging
import time
from collections.abc import Iterable
from typing import Final

from penstock_core import names
from penstock_core.cluster import CRON_JOBS, DEPLOYMENTS, PODS, Cluster
from penstock_core.environment import Environment
from penstock_core.errors import NotFound
from penstock_core.observed.base import Observed
from penstock_operator.commands.command import Command, Variables, connected, wait
from penstock_operator.settings import watched_namespaces

log = logging.getLogger(__name__)
STOP_SECONDS: Final = 90.0


async def stop_operator(
    cluster: Cluster, namespace: str, *, deployment: str, selector: str, within: float = STOP_SECONDS
) -> None:
    """Scales the Deployment to nothing and waits until no pod that `selector` matches is left."""
    try:
        await cluster.scale(DEPLOYMENTS, namespace, deployment, replicas=0)
    except NotFound:
        log.info("there is no deployment %s", deployment)

    async def is_gone() -> bool:
        return not await cluster.list(PODS, namespace, labels=selector)

    await wait("the operator's pods to end", is_gone, until=time.monotonic() + within)
    log.info("the operator has stopped")


async def remove_schedules(cluster: Cluster, namespaces: Iterable[str | None], *, release: str) -> None:
    """Deletes the release's CronJobs in `namespaces` (None: in all)."""
    for scope in namespaces:
        for raw in await cluster.list(CRON_JOBS, scope, labels=f"{names.LABEL_RELEASE}={release}"):
            item = Observed.parse(raw)
            await cluster.delete(CRON_JOBS, *item.key, uid=item.uid)
            log.info("schedule %s/%s removed", *item.key)


def _arguments(parser: argparse.ArgumentParser, _: Variables) -> None:
    parser.add_argument("--deployment", required=True, help="the operator's")
    parser.add_argument("--selector", required=True, help="labels of the operator's pods")


async def _run(options: argparse.Namespace, variables: Variables) -> int:
    given = Environment(variables)
    namespace, release = given.required("PENSTOCK_RELEASE_NAMESPACE"), given.required("PENSTOCK_RELEASE")
    given.check()
    async with connected() as cluster:
        await stop_operator(cluster, namespace, deployment=options.deployment, selector=options.selector)
        await remove_schedules(cluster, watched_namespaces(variables), release=release)
    return 0


COMMAND: Final = Command(
    help="stop the operator and its schedules, then end", arguments=_arguments, run=_run, for_people=True
)
