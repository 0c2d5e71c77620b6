"""Where an Integration is that an Instance names and that is not where it says: which namespace was looked in, and who has it. Pure."""

from collections.abc import Iterable, Sequence

from penstock_core.cluster import Key
from penstock_core.expressions.quoting import did_you_mean, listed, near
from penstock_core.observed.instance import Instance


def not_found(instance: Instance, *, offered: Iterable[Key], catalogues: Sequence[str]) -> str:
    """That there is no such Integration; `offered` are those in the Instance's own namespace and in the catalogues."""
    namespace, name = instance.integration_key
    own = ", the Instance's own" if instance.integration_namespace is None else ""
    remedy = _remedy(instance, list(offered), catalogues)
    return f"there is no Integration {name} in the namespace {namespace}{own}: {remedy}"


def not_a_catalogue(instance: Instance, *, offered: Iterable[Key], catalogues: Sequence[str]) -> str:
    """That the namespace which it names is none that it may take Integrations from."""
    namespace, _ = instance.integration_key
    return (
        f"spec.integration.namespace: {namespace} is not a catalogue of this installation (catalogues:"
        f" {', '.join(catalogues) or 'none'}): {_remedy(instance, list(offered), catalogues)}"
    )


def _remedy(instance: Instance, offered: Sequence[Key], catalogues: Sequence[str]) -> str:
    namespace, name = instance.integration_key
    if holders := sorted(where for where, found in offered if found == name and where != namespace):
        return " or ".join(_taken_from(where, instance) for where in holders)
    inside = sorted(found for where, found in offered if where == namespace)
    names = {found for _, found in offered}
    create = "create it, or correct spec.integration"
    if close := near(name, names):
        found = [
            f"{one} (namespace {', '.join(sorted(where for where, its in offered if its == one))})" for one in close
        ]
        return f"{did_you_mean(found)} Else {create}"
    there = f"there are {listed(inside)}; " if inside else ""
    others = [one for one in catalogues if one != namespace]
    also = f"; the catalogue {others[0]} has none of this name either" if len(others) == 1 else ""
    if len(others) > 1:
        also = f"; the catalogues {', '.join(others)} have none of this name either"
    return f"{there}{create}{also}"


def _taken_from(where: str, instance: Instance) -> str:
    if where == instance.namespace:
        return f"the Instance's own namespace {where} has it: leave spec.integration.namespace out"
    return f"the catalogue {where} has it: set spec.integration.namespace to {where}"
