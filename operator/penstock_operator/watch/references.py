"""What an Instance names: versions, Secrets, ConfigMaps."""

from collections.abc import Mapping
from typing import Any

from penstock_core import names
from penstock_core.cluster import Key, key_of


def published(integration: Mapping[str, Any] | None) -> str | None:
    """The version that the Integration published last."""
    if integration is None:
        return None
    version: str | None = integration.get("status", {}).get("publishedVersion")
    return version


def integration_key(instance: Mapping[str, Any]) -> Key:
    """The Integration that an Instance names, in its own namespace unless it says another."""
    reference = instance["spec"]["integration"]
    return str(reference.get("namespace") or instance["metadata"]["namespace"]), str(reference["name"])


def version_of(integration_version: Mapping[str, Any]) -> tuple[str, str]:
    """(Integration's name, version) of an IntegrationVersion."""
    spec = integration_version["spec"]
    return str(spec["integration"]), str(spec["version"])


def secret_keys(instance: Mapping[str, Any]) -> list[Key]:
    """The Secrets that matter to an Instance."""
    namespace, name = key_of(instance)
    found = named_secrets(instance)
    if uses_generated_key(instance):
        found = found | {names.webhook_key_secret(name)}
    return [(namespace, secret) for secret in sorted(found)]


def named_secrets(instance: Mapping[str, Any]) -> frozenset[str]:
    """Names of the Secrets that an Instance names: for connections, and for its webhooks."""
    spec = instance["spec"]
    webhook = spec.get("webhook") or {}
    references = [source["secretRef"] for source in spec.get("connections", {}).values()]
    if "keysSecretRef" in webhook:
        references.append(webhook["keysSecretRef"])
    if "signature" in webhook:
        references.append(webhook["signature"]["secretRef"])
    return frozenset(reference["name"] for reference in references)


def uses_generated_key(instance: Mapping[str, Any]) -> bool:
    """Whether its webhooks' key is one that Penstock makes, because the Instance names none."""
    return "keysSecretRef" not in (instance["spec"].get("webhook") or {})


def config_map_keys(instance: Mapping[str, Any]) -> list[Key]:
    """The ConfigMaps that an Instance names, in the order in which they lie over each other."""
    namespace = instance["metadata"]["namespace"]
    return [(namespace, source["configMapRef"]["name"]) for source in instance["spec"].get("configFrom", ())]
