"""Hook: puts the Pod Security labels on the release's namespace, unless it has an enforcing one already.

Helm cannot label the namespace that it installs into, and an administrator's own choice must stay.
Where pods of others live, nothing is enforced: theirs might be refused at their next restart. They are only warned of.
"""

import logging
import sys
from typing import Any

from kubernetes_api import MERGE, call

log = logging.getLogger("label_namespace")

PREFIX = "pod-security.kubernetes.io"


def main(namespace: str, release: str, level: str) -> None:
    """Label `namespace` with `level`: restricted, baseline or privileged."""
    path = f"/api/v1/namespaces/{namespace}"
    labels = call("GET", path)["metadata"].get("labels", {})
    if present := labels.get(f"{PREFIX}/enforce"):
        log.info("namespace %s has %s/enforce=%s already: left as it is", namespace, PREFIX, present)
        return
    others = [pod["metadata"]["name"] for pod in call("GET", f"{path}/pods")["items"] if not is_ours(pod, release)]
    modes = ("warn", "audit") if others else ("enforce", "warn", "audit")
    call("PATCH", path, {"metadata": {"labels": {f"{PREFIX}/{mode}": level for mode in modes}}}, content_type=MERGE)
    log.info("namespace %s labelled: %s=%s", namespace, ", ".join(modes), level)
    if others:
        log.warning("not enforced, since pods of others live here: %s", ", ".join(others[:5]))


def is_ours(pod: dict[str, Any], release: str) -> bool:
    """Whether a pod belongs to the release: to its chart, or to one of its executions."""
    labels = pod["metadata"].get("labels", {})
    return labels.get("app.kubernetes.io/instance") == release or "penstock.dev/release" in labels


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    main(sys.argv[1], sys.argv[2], sys.argv[3])
