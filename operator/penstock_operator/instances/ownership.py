"""Which release an Instance belongs to, where several watch its namespace: the one that put its finalizer on it.

The name of the release is written with the finalizer, in one patch that only the first can make; so two that see an Instance
at the same moment do not both deploy it. A release that is uninstalled takes its finalizers away, and with them its claims.
"""

from typing import Any

from penstock_core import names
from penstock_core.cluster import INSTANCES, Cluster
from penstock_core.errors import NotFound
from penstock_core.observed.instance import Instance
from penstock_core.observed.objects import Object
from penstock_operator.objects.conditions import Condition, merged
from penstock_operator.objects.reasons import Reason
from penstock_operator.objects.reporter import Reporter


def holder_of(instance: Instance) -> str | None:
    """The release that an Instance belongs to, None where any may take it."""
    return instance.annotations.get(names.ANNOTATION_RELEASE) if names.FINALIZER in instance.finalizers else None


def claim(instance: Instance, release: str) -> dict[str, Any] | None:
    """The merge patch that makes an Instance a release's own, None where it is already.

    It names the resource version: a list in a merge patch replaces what others have added meanwhile.
    """
    if holder_of(instance) == release:
        return None
    return {
        "metadata": {
            "finalizers": [*_others(instance), names.FINALIZER],
            "annotations": {names.ANNOTATION_RELEASE: release},
            "resourceVersion": instance.resource_version,
        }
    }


async def let_go(cluster: Cluster, instance: Instance) -> Object | None:
    """Takes Penstock's finalizer off an Instance; the Instance as it is then, None where that let it vanish.

    Raises Conflict where it has changed since it was read, as a list in a merge patch would replace what others added.
    """
    others = _others(instance)
    body = {"metadata": {"finalizers": others, "resourceVersion": instance.resource_version}}
    try:
        left = await cluster.patch(INSTANCES, *instance.key, body)
    except NotFound:
        return None
    # the answer shows the object as it was when it went
    return left if others or not Instance.parse(left).is_going else None


def _others(instance: Instance) -> list[str]:
    """The finalizers of others on an Instance."""
    return [one for one in instance.finalizers if one != names.FINALIZER]


async def leave(reporter: Reporter, instance: Instance, *, holder: str, release: str) -> None:
    """Says why `release` leaves an Instance to its holder.

    Ready=False is written only where the holder has not reported on the present spec: what it has reported stays, so the
    two do not overwrite each other in turn.
    """
    namespace, name = instance.key
    message = (
        f"The release {holder} manages this Instance, so {release} leaves it alone: give each release namespaces of its own"
        f" (watchNamespaces). If {holder} is gone, take the Instance from it with"
        f" `kubectl annotate instance {name} -n {namespace} {names.ANNOTATION_RELEASE}-`."
    )
    await reporter.event(instance, reason=Reason.MANAGED_BY_ANOTHER_RELEASE, message=message)
    if instance.observed_generation == instance.generation:
        return
    old = instance.status
    ready = Condition(type="Ready", status=False, reason=Reason.MANAGED_BY_ANOTHER_RELEASE, message=message)
    conditions = merged(old, [ready], generation=instance.generation, now=reporter.now())
    await reporter.status(INSTANCES, instance, {**old, "conditions": conditions})
