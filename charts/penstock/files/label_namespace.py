"""Hook: puts the Pod Security labels on the release's namespace, unless it has an enforcing one already.

Helm cannot label the namespace that it installs into, and an administrator's own choice must stay.
"""

import logging
import sys

from kubernetes_api import MERGE, call

log = logging.getLogger("label_namespace")

PREFIX = "pod-security.kubernetes.io"


def main(namespace: str, level: str) -> None:
    """Label `namespace` with `level`: restricted, baseline or privileged."""
    path = f"/api/v1/namespaces/{namespace}"
    labels = call("GET", path)["metadata"].get("labels", {})
    if present := labels.get(f"{PREFIX}/enforce"):
        log.info("namespace %s has %s/enforce=%s already: left as it is", namespace, PREFIX, present)
        return
    wanted = {f"{PREFIX}/{mode}": level for mode in ("enforce", "warn", "audit")}
    call("PATCH", path, {"metadata": {"labels": wanted}}, content_type=MERGE)
    log.info("namespace %s labelled: %s/enforce=%s", namespace, PREFIX, level)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    main(sys.argv[1], sys.argv[2])
