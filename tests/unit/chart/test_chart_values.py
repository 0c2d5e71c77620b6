"""Which values the chart refuses, and with which words."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from rendering import Render

REFUSED = [
    ({"operator.replica": 2}, "at '/operator': additional properties 'replica' not allowed"),
    ({"gatway": {}}, "additional properties 'gatway' not allowed"),
    ({"gateway.replicas": "two"}, "at '/gateway/replicas': got string, want integer"),
    ({"gateway.replicas": -1}, "at '/gateway/replicas': minimum"),
    ({"gateway.maxBodyBytes": 10}, "at '/gateway/maxBodyBytes': minimum"),
    ({"gateway.service.type": "Ingress"}, "value must be one of 'ClusterIP', 'NodePort', 'LoadBalancer'"),
    ({"images.pullPolicy": "Sometimes"}, "value must be one of 'IfNotPresent', 'Always', 'Never'"),
    ({"images.runner.tag": "latest"}, 'images.runner.tag is "latest"'),
    ({"images.runner.tag": "a b"}, "at '/images/runner/tag'"),
    ({"images.runner.repository": ""}, "at '/images/runner/repository'"),
    ({"watchNamespaces": ["Acme"]}, "at '/watchNamespaces/0': 'Acme' does not match pattern"),
    ({"watchNamespaces": ["acme", "acme"]}, "at '/watchNamespaces'"),
    ({"watchNamespaces": "acme"}, "at '/watchNamespaces': got string, want array"),
    ({"publicUrl": "hooks.example"}, "at '/publicUrl'"),
    ({"logLevel": "verbose"}, "value must be one of 'debug', 'info', 'warning', 'error'"),
    ({"maxRunning": 0}, "at '/maxRunning': minimum"),
    ({"podSecurity.enforce": "strict"}, "at '/podSecurity/enforce'"),
    ({"postgres.runAsUser": 0}, "at '/postgres/runAsUser': minimum"),
    ({"postgres.storage.size": "8 GB"}, "at '/postgres/storage/size'"),
    ({"postgres.bundled": False}, "postgres.existingSecret.name must name a Secret"),
    ({"postgres.existingSecret.name": "mine"}, "set postgres.bundled=false to use your own Postgres"),
    ({"ingress.enabled": True}, "ingress.host must be given"),
    ({"watchNamespaces": ["acme"], "test.namespace": "globex"}, 'test.namespace is "globex"'),
]


@pytest.mark.parametrize(("values", "words"), REFUSED, ids=[json.dumps(values) for values, _ in REFUSED])
def test_refused(render: Render, refused: type[Exception], values: dict[str, Any], words: str) -> None:
    """should refuse values that are misspelt, impossible or contradictory, and name them."""
    with pytest.raises(refused, match=re.escape(words)):
        render(values)


def test_long_release_name(render: Render, refused: type[Exception]) -> None:
    """should refuse a release name that leaves no room for the names made of it."""
    with pytest.raises(refused, match="40 at most"):
        render(release="r" * 41)


def test_every_value_in_schema(chart: Path) -> None:
    """should describe every default value in the schema, and have no schema for values that do not exist."""
    schema = json.loads((chart / "values.schema.json").read_text())
    values = yaml.safe_load((chart / "values.yaml").read_text())

    def compare(part: dict[str, Any], node: dict[str, Any], path: str) -> None:
        node = schema["$defs"][node["$ref"].rsplit("/", 1)[-1]] if "$ref" in node else node
        if node.get("additionalProperties") is not False:
            return
        missing = set(node["properties"]) - set(part) - {"global", "claims"}
        assert not missing, f"{path}: in the schema alone: {missing}"
        for name, value in part.items():
            assert name in node["properties"], f"{path}.{name} is not in the schema"
            if isinstance(value, dict):
                compare(value, node["properties"][name], f"{path}.{name}")

    compare(values, schema, "values")
