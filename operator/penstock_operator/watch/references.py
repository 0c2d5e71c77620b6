"""What an Instance names, as keys: Secrets, ConfigMaps."""

from penstock_core import names
from penstock_core.objects import Key
from penstock_core.observed.instance import Instance


def secret_keys(instance: Instance) -> list[Key]:
    """The Secrets that matter to an Instance."""
    found = instance.named_secrets
    if instance.uses_generated_key:
        found = found | {names.webhook_key_secret(instance.name)}
    return [(instance.namespace, secret) for secret in sorted(found)]


def config_map_keys(instance: Instance) -> list[Key]:
    """The ConfigMaps that an Instance names, in the order in which they lie over each other."""
    return [(instance.namespace, name) for name in instance.config_maps]
