"""`python -m penstock_operator cleanup`: before an uninstall, Instances are let go, so that nothing hangs later.

The Instances stay, and so do their rows; a new installation takes both up again.
"""

import argparse
import logging
from typing import Final

from penstock_core import names
from penstock_core.cluster import INSTANCES, Cluster
from penstock_core.errors import Conflict, NotFound
from penstock_core.observed.instance import Instance
from penstock_operator.commands.command import Command, Variables, connected
from penstock_operator.instances.ownership import holder_of, let_go
from penstock_operator.settings import watched_namespaces

log = logging.getLogger(__name__)
TRIES = 5


async def remove_finalizers(cluster: Cluster, namespaces: tuple[str | None, ...], *, release: str) -> int:
    """Removes Penstock's finalizer from the Instances of the watched namespaces, those of other releases apart; how many had it."""
    removed = 0
    for namespace in namespaces:
        try:
            instances = [Instance.parse(raw) for raw in await cluster.list(INSTANCES, namespace)]
        except NotFound:
            log.info("no instances: the kind is not installed")
            continue
        for instance in instances:
            if names.FINALIZER in instance.finalizers and holder_of(instance) in (None, release):
                await _let_go_patiently(cluster, instance)
                removed += 1
    log.info("finalizers removed", extra={"count": removed})
    return removed


async def _let_go_patiently(cluster: Cluster, instance: Instance) -> None:
    """Again with the Instance as it is, where somebody has changed it meanwhile."""
    for last in [False] * (TRIES - 1) + [True]:
        try:
            await let_go(cluster, instance)
        except Conflict:
            if last:
                raise
            instance = Instance.parse(await cluster.get(INSTANCES, *instance.key))
        else:
            return


async def _run(_: argparse.Namespace, variables: Variables) -> int:
    async with connected() as cluster:
        await remove_finalizers(cluster, watched_namespaces(variables), release=variables.get("PENSTOCK_RELEASE", ""))
    return 0


COMMAND: Final = Command(help="remove Penstock's finalizers, then end", run=_run)
