"""The Flow object: one flow of a deployed instance, self-contained, so that starting an execution reads nothing else."""

from collections.abc import Mapping
from typing import Any

from penstock_core import names
from penstock_core.manifests.metadata import controlled_by, managed, shown_labels
from penstock_core.observed.instance import Instance


def flow(
    instance: Instance, spec: Mapping[str, Any], *, release: str, scheduled_since: str | None = None
) -> dict[str, Any]:
    """The Flow of `spec` (a whole Flow spec, see docs/contracts.md), owned by the Instance.

    `scheduled_since` (RFC 3339) is when its schedule was last changed, None for other triggers.
    """
    noted = {names.ANNOTATION_SCHEDULED_SINCE: scheduled_since} if scheduled_since else None
    shown = shown_labels(instance.labels, customer=instance.customer.id)
    labels = (
        shown
        | managed(release)
        | {
            names.LABEL_INSTANCE: spec["instance"],
            names.LABEL_FLOW: spec["flow"],
            names.LABEL_INTEGRATION: spec["integration"]["name"],
            names.LABEL_TRIGGER: spec["trigger"],
        }
    )
    return {
        "apiVersion": names.API_VERSION,
        "kind": "Flow",
        "metadata": {
            "name": names.flow_object(instance.name, spec["flow"]),
            "namespace": instance.namespace,
            "labels": labels,
            "ownerReferences": controlled_by(instance),
            **({"annotations": noted} if noted else {}),
        },
        "spec": dict(spec),
    }
