"""`python -m penstock_operator label-namespace`: puts the Pod Security labels on the release's namespace, unless it has an enforcing one already.

Helm cannot label the namespace that it installs into, and an administrator's own choice must stay.
Where pods of others live, nothing is enforced: theirs might be refused at their next restart. They are only warned of.
"""

import argparse
import logging
from collections.abc import Mapping
from typing import Any, Final

from penstock_core import names
from penstock_core.cluster import NAMESPACES, PODS, Cluster
from penstock_core.environment import Environment
from penstock_operator.commands.command import Command, Variables, connected

log = logging.getLogger(__name__)
PREFIX: Final = "pod-security.kubernetes.io"


async def label_namespace(cluster: Cluster, namespace: str, *, release_name: str, level: str) -> None:
    """Labels `namespace` with `level`: restricted, baseline or privileged."""
    labels = (await cluster.get(NAMESPACES, None, namespace))["metadata"].get("labels", {})
    if present := labels.get(f"{PREFIX}/enforce"):
        log.info("namespace %s has %s/enforce=%s already: left as it is", namespace, PREFIX, present)
        return
    pods = await cluster.list(PODS, namespace)
    others = [pod["metadata"]["name"] for pod in pods if not is_ours(pod, release_name)]
    modes = ("warn", "audit") if others else ("enforce", "warn", "audit")
    wanted = {f"{PREFIX}/{mode}": level for mode in modes}
    await cluster.patch(NAMESPACES, None, namespace, {"metadata": {"labels": wanted}})
    log.info("namespace %s labelled: %s=%s", namespace, ", ".join(modes), level)
    if others:
        log.warning("not enforced, since pods of others live here: %s", ", ".join(others[:5]))


def is_ours(pod: Mapping[str, Any], release_name: str) -> bool:
    """Whether a pod belongs to the release: to its chart, or to one of its executions."""
    labels = pod["metadata"].get("labels", {})
    return labels.get("app.kubernetes.io/instance") == release_name or names.LABEL_RELEASE in labels


def _arguments(parser: argparse.ArgumentParser, _: Variables) -> None:
    parser.add_argument("--level", required=True, choices=("restricted", "baseline", "privileged"))


async def _run(options: argparse.Namespace, variables: Variables) -> int:
    given = Environment(variables)
    namespace, release_name = given.required("PENSTOCK_RELEASE_NAMESPACE"), given.required("PENSTOCK_RELEASE_NAME")
    given.check()
    async with connected() as cluster:
        await label_namespace(cluster, namespace, release_name=release_name, level=options.level)
    return 0


COMMAND: Final = Command(
    help="put Pod Security labels on the release's namespace, then end",
    arguments=_arguments,
    run=_run,
    for_people=True,
)
