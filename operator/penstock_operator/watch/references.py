"""What objects name, for the indexes of those who want to know who names something."""

from penstock_core import names
from penstock_core.observed.base import Observed
from penstock_core.observed.flow import Flow
from penstock_core.observed.instance import Instance
from penstock_core.observed.integration import IntegrationVersion
from penstock_core.observed.objects import Key


def integration_keys(instance: Instance) -> list[Key]:
    """The Integration of an Instance."""
    return [instance.integration_key]


def secret_keys(instance: Instance) -> list[Key]:
    """The Secrets that matter to an Instance: named as a connection or for webhook keys, or its generated key."""
    found = instance.named_secrets
    if instance.uses_generated_key:
        found = found | {names.webhook_key_secret(instance.name)}
    return [(instance.namespace, secret) for secret in sorted(found)]


def config_map_keys(instance: Instance) -> list[Key]:
    """The ConfigMaps that an Instance names, in the order in which they lie over each other."""
    return [(instance.namespace, name) for name in instance.config_maps]


def publisher_keys(version: IntegrationVersion) -> list[Key]:
    """The Integration that published a version."""
    return [version.publisher]


def owner_keys(flow: Flow) -> list[Key]:
    """The Instance that a Flow belongs to."""
    return [flow.owner]


def namespaces_of(item: Observed) -> list[str]:
    """The namespace of any object."""
    return [item.namespace]
