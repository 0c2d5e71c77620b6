"""Hook before a release is removed: stops what would still act while, or after, everything else goes.

First the operator, until its pods are gone: otherwise it would put its finalizer back on each Instance from which the next
container takes it away. Then the schedules: their CronJobs belong to Flows, which stay, and would start Jobs for nobody.
A new installation makes the CronJobs again.
"""

import argparse
import logging
import time
from collections.abc import Iterator
from urllib.parse import quote

from kubernetes_api import MERGE, ApiError, call, wait

SECONDS = 90

log = logging.getLogger("stop_release")


def stop_operator(namespace: str, deployment: str, selector: str) -> None:
    """Scale the Deployment to nothing and wait until no pod that `selector` matches is left."""
    try:
        scale = f"/apis/apps/v1/namespaces/{namespace}/deployments/{deployment}/scale"
        call("PATCH", scale, {"spec": {"replicas": 0}}, content_type=MERGE)
    except ApiError as error:
        if error.status != 404:
            raise
        log.info("there is no deployment %s", deployment)
    pods = f"/api/v1/namespaces/{namespace}/pods?labelSelector={quote(selector)}"
    wait("the operator's pods to end", lambda: not call("GET", pods)["items"], until=time.monotonic() + SECONDS)
    log.info("the operator has stopped")


def remove_schedules(release: str, namespaces: list[str]) -> None:
    """Delete the release's CronJobs in `namespaces`, everywhere if there are none named."""
    selector = quote(f"penstock.dev/release={release}")
    for namespace, name in _cron_jobs(selector, namespaces):
        try:
            call("DELETE", f"/apis/batch/v1/namespaces/{namespace}/cronjobs/{name}?propagationPolicy=Background")
        except ApiError as error:
            if error.status != 404:
                raise
        log.info("schedule %s/%s removed", namespace, name)


def _cron_jobs(selector: str, namespaces: list[str]) -> Iterator[tuple[str, str]]:
    for scope in [f"/namespaces/{name}" for name in namespaces] or [""]:
        for item in call("GET", f"/apis/batch/v1{scope}/cronjobs?labelSelector={selector}")["items"]:
            yield item["metadata"]["namespace"], item["metadata"]["name"]


def main() -> None:
    """Read the command line that the chart wrote, and stop everything."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--namespace", required=True)
    parser.add_argument("--deployment", required=True)
    parser.add_argument("--selector", required=True)
    parser.add_argument("--release", required=True)
    parser.add_argument("--watched", nargs="*", default=[])
    words = parser.parse_args()
    stop_operator(words.namespace, words.deployment, words.selector)
    remove_schedules(words.release, words.watched)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    main()
