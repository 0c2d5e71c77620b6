"""Objects as the decisions of the operator take them: what the builders make, parsed, around an Integration of two flows."""

import base64
from collections.abc import Iterable, Mapping
from typing import Any

import builders
from penstock_core.observed.content import Content
from penstock_core.observed.data import Secret
from penstock_core.observed.instance import Instance
from penstock_core.observed.integration import Integration, IntegrationVersion
from penstock_operator.instances.plan import plan
from penstock_operator.instances.references.connections import Connection

URL = "https://hooks.example"
CONTENT: dict[str, Any] = {
    "version": "1.4.0",
    "connections": [{"name": "erp", "type": "apiKey"}],
    "flows": [
        {
            "name": "importOrder",
            "trigger": {"webhook": {"methods": ["POST"], "security": "required"}},
            "concurrency": {"limit": 20, "whenFull": "reject"},
            "deduplicateBy": {"value": "${trigger.body.id}", "window": "2h"},
            "timeout": "1500ms",
            "steps": [
                {
                    "name": "each",
                    "forEach": {"items": "${trigger.body}", "steps": [{"name": "push", "http": {"connection": "erp"}}]},
                }
            ],
        },
        {"name": "poll", "trigger": {"schedule": {"cron": "0 6 * * *"}}, "steps": [{"name": "a", "set": {"value": 1}}]},
    ],
}


def instance(*, status: Mapping[str, Any] | None = None, **spec: Any) -> Instance:
    return Instance.parse(builders.instance(metadata={"generation": 2}, **spec) | {"status": status or {}})


def integration(
    version: str = "1.4.0", *, published: str | None = None, generation: int = 1, seen: int = 1, **spec: Any
) -> Integration:
    status = {"observedGeneration": seen} | ({"publishedVersion": published} if published else {})
    content = {**CONTENT, "version": version, **spec}
    raw = builders.integration(metadata={"generation": generation}, **content)
    return Integration.parse(raw | {"status": status})


def version(number: str, sha: str = "s") -> IntegrationVersion:
    return IntegrationVersion.parse(
        {"spec": {"integration": "orders", "version": number, "sha256": sha, "content": {}}}
    )


def secret(name: str = "acme-erp", *, fields: Iterable[str] = ("key",), labels: dict[str, str] | None = None) -> Secret:
    given = {"penstock.dev/connection": "true"} if labels is None else labels
    data = {field: base64.b64encode(b"value-of-it").decode() for field in fields}
    return Secret.parse({"metadata": {"name": name, "labels": given}, "data": data})


def flows_of(inst: Instance, raw: Mapping[str, Any] = CONTENT) -> Mapping[str, Mapping[str, Any]]:
    """The specs of what is planned, by the flows' names."""
    content = Content.parse(raw)
    erp = Connection(secret_name="acme-erp", declared=content.connections[0])
    planned = plan(inst, content, config={}, connections={"erp": erp}, public_url=URL)
    return {name: flow.spec for name, flow in planned.flows.items()}
