"""The chart's policies and roles without its programs, and what the API server itself says of the fields of a kind.

Neither needs a node: an API server alone is enough.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import httpx
import yaml

import timeouts
from eventually import eventually
from kubectl import api, apply, asked_as, kubectl, run

CHART: Final = Path(__file__).parents[2] / "charts" / "penstock"
KINDS: Final = {
    "ClusterRole",
    "ClusterRoleBinding",
    "Role",
    "RoleBinding",
    "ServiceAccount",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
}
Schema = Mapping[str, Any]
Steps = tuple[str | int, ...]
"""The way to a field, from an object's top."""


@dataclass(frozen=True, kw_only=True)
class Policies:
    """What a release's chart says about rights, in a namespace that is the release's and a tenant's at once."""

    release: str
    namespace: str
    objects: list[dict[str, Any]]

    @classmethod
    def install(cls) -> "Policies":
        """In a new namespace; counts from when the API server has heard of it."""
        name = f"policies-{uuid4().hex[:6]}"
        words = ("--namespace", name, "--no-hooks", "--set", f"watchNamespaces={{{name}}}")
        text = run("helm", "template", name, str(CHART), *words)
        found = [item for item in yaml.safe_load_all(text) if item and item["kind"] in KINDS]
        apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}, *found)
        binding = {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": {"name": "jobs", "namespace": name},
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "ClusterRole",
                "name": f"{name}.{name}-job-creator",
            },
            "subjects": [{"kind": "ServiceAccount", "name": f"{name}-gateway", "namespace": name}],
        }
        apply(binding)
        return cls(release=name, namespace=name, objects=found)

    def remove(self) -> None:
        """Deletes all of it."""
        kubectl("delete", "--ignore-not-found", "--wait=false", "-f", "-", stdin=yaml.safe_dump_all(self.objects))
        kubectl("delete", "namespace", self.namespace, "--wait=false")

    def account(self, program: str) -> str:
        """The user's name of a program's service account."""
        return f"system:serviceaccount:{self.namespace}:{self.release}-{program}"

    def tried(self, program: str, plural: str, body: Any) -> httpx.Response:
        """What the API server answers to a creation by a program, that it is asked to leave undone."""
        path = f"/apis/batch/v1/namespaces/{self.namespace}/{plural}"
        return asked_as(self.account(program), "POST", path, body, dryRun="All")

    def until(self, counts: Callable[[], bool]) -> None:
        """Waits until the policies count: an API server hears of them, and of roles, by a watch."""
        eventually(counts, within=timeouts.SEEN, about="the policies are in force")


def is_by_policy(answer: httpx.Response) -> bool:
    """Whether an admission policy refused something: not RBAC, and not the API server's own check of a value."""
    return answer.status_code == httpx.codes.FORBIDDEN and "ValidatingAdmissionPolicy" in answer.text


class Fields:
    """The fields of a group's kinds, as the API server describes them."""

    def __init__(self, group_version: str) -> None:
        self._schemas: Mapping[str, Schema] = api(f"/openapi/v3/apis/{group_version}")["components"]["schemas"]

    def kind(self, name: str) -> Schema:
        """The schema of a kind, by the end of its full name."""
        return next(schema for full, schema in self._schemas.items() if full.endswith(f".{name}"))

    def missing(self, item: Any, schema: Schema, steps: Steps = ()) -> Iterator[tuple[Steps, Schema]]:
        """Every field that an object could have and has not, at each level that it has; of a list the first item stands for all."""
        schema = self._resolved(schema)
        if isinstance(item, list):
            yield from self.missing(item[0], schema["items"], (*steps, 0))
        elif isinstance(item, dict):
            for name, below in schema.get("properties", {}).items():
                if name in item:
                    yield from self.missing(item[name], below, (*steps, name))
                else:
                    yield (*steps, name), self._resolved(below)

    def sample(self, schema: Schema) -> Any:
        """A value for a field: the least that its schema asks for."""
        schema = self._resolved(schema)
        if "enum" in schema:
            return schema["enum"][0]
        match schema.get("type"):
            case "array":
                return [self.sample(schema["items"])]
            case "boolean":
                return True
            case "integer":
                return 7
            case "object":
                known = schema.get("properties", {})
                return {name: self.sample(known[name]) for name in schema.get("required", ())} if known else {"a": "1"}
            case _:
                return "2026-03-01T12:00:00Z" if schema.get("format") == "date-time" else "x"

    def _resolved(self, schema: Schema) -> Schema:
        """What a reference leads to."""
        (one,) = schema.get("allOf", [schema])
        return self._schemas[one["$ref"].rpartition("/")[2]] if "$ref" in one else schema
