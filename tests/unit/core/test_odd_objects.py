"""Objects of users are parsed where they come in, all of them in one list: an odd one must not keep the others from being read."""

import copy
import random
from typing import Any

import pytest

from penstock_core.cluster import FLOWS, INSTANCES, INTEGRATION_VERSIONS, INTEGRATIONS
from penstock_core.cluster.kinds import WatchedKind

ODD: tuple[Any, ...] = (None, 0, -1, True, 1.5, "", "x", [], {}, [None], ["a", 1], {"a": None}, {"x": [{}]})
MEMBERS = (
    *("apiVersion", "config", "configFrom", "configMapRef", "configVariables", "conditions", "connections", "content"),
    *("cron", "customer", "definition", "definitionHash", "description", "fields", "flow", "flows", "id", "instance"),
    *(
        "integration",
        "key",
        "keysSecretRef",
        "limit",
        "concurrency",
        "name",
        "namespace",
        "observedGeneration",
        "options",
    ),
    *("paused", "publishedVersion", "required", "schedule", "secretName", "secretRef", "signature", "status", "steps"),
    *("timeZone", "trigger", "type", "version", "webhook", "whenPaused", "sha256", "message", "reason"),
)
TYPES = ("apiKey", "basic", "custom", "unheard-of")


def odd(chance: random.Random, depth: int = 0) -> Any:
    """A value of any shape, its members called as those that are read."""
    draw = chance.random()
    if draw < 0.35 or depth > 4:
        return copy.deepcopy(chance.choice(ODD))
    if draw < 0.85:
        return {name: odd(chance, depth + 1) for name in chance.sample(MEMBERS, chance.randint(1, 12))}
    return [odd(chance, depth + 1) for _ in range(chance.randint(0, 3))]


def odd_object(chance: random.Random) -> dict[str, Any]:
    """An object that the API server could hand out, as far as its metadata goes."""
    metadata = {"name": "a", "namespace": "b", "uid": "u", "resourceVersion": "1", "generation": 1}
    spec = odd(chance)
    if isinstance(spec, dict):
        connection = {"name": "c", "type": chance.choice(TYPES), "fields": odd(chance, 3)}
        spec["content"] = {"connections": [connection], "flows": [odd(chance, 2)], "version": odd(chance, 3)}
    return {"metadata": metadata | {"creationTimestamp": "2026-01-01T00:00:00Z"}, "spec": spec, "status": odd(chance)}


@pytest.mark.parametrize(
    "kind", [INTEGRATIONS, INTEGRATION_VERSIONS, INSTANCES, FLOWS], ids=lambda kind: str(kind.plural)
)
def test_whatever_an_object_holds_it_is_parsed(kind: WatchedKind[Any]) -> None:
    """What is not as expected counts as absent, and nothing raises."""
    chance = random.Random(20261128)
    parsed = [kind.parse(odd_object(chance)) for _ in range(800)]

    assert {item.key for item in parsed} == {("b", "a")}
