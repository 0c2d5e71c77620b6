"""The CustomResourceDefinitions, made from the models.

A structural schema knows no references, no null alternatives and no recursion, so the models' JSON schema is written
out in full here. Lists are atomic unless their field says otherwise: order counts in steps and branches.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from penstock_core import names
from penstock_core.resources.base import NAME_PATTERN, REFERENCE, RULES, STORED_DEFAULT, Resource, rule
from penstock_core.resources.flow import FlowSpec, FlowStatus
from penstock_core.resources.instance import InstanceSpec, InstanceStatus
from penstock_core.resources.integration import (
    IntegrationSpec,
    IntegrationStatus,
    IntegrationVersionSpec,
    IntegrationVersionStatus,
)

RELEASE_ANNOTATION: Final = f"{names.GROUP}/crd-release"
"""Release that a CRD belongs to; an installation never replaces a newer one's."""

_ANYTHING: Final = {"x-kubernetes-preserve-unknown-fields": True}
_DROPPED: Final = frozenset(
    {"title", "default", "$defs", "additionalProperties", "anyOf", "$ref", "const", "propertyNames"}
)
_NAME_RULE: Final = rule(
    f"self.metadata.name.size() <= 40 && self.metadata.name.matches('{NAME_PATTERN}')",
    "metadata.name becomes a part of labels and other names: use at most 40 lower-case letters, digits and hyphens,"
    " without dots",
)
_VERSION_RULE: Final = rule(
    "self.spec.version != oldSelf.spec.version || (self.spec.flows == oldSelf.spec.flows"
    " && has(self.spec.configVariables) == has(oldSelf.spec.configVariables)"
    " && (!has(self.spec.configVariables) || self.spec.configVariables == oldSelf.spec.configVariables)"
    " && has(self.spec.connections) == has(oldSelf.spec.connections)"
    " && (!has(self.spec.connections) || self.spec.connections == oldSelf.spec.connections))"
    " || (has(oldSelf.status) && has(oldSelf.status.conditions)"
    " && oldSelf.status.conditions.exists(c, c.type == 'Valid' && c.status == 'False'))",
    "a published version does not change: raise spec.version with this change (displayName and description may change"
    " without)",
    field=".spec.version",
)
"""On the object and not on its spec, which does not know the status."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of `kubectl get`; those with a priority above 0 are shown with `-o wide`."""

    name: str
    path: str
    type: str = "string"
    description: str
    priority: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What makes up one CRD."""

    kind: str
    plural: str
    short: str
    description: str
    spec: type[Resource]
    status: type[Resource]
    columns: tuple[Column, ...]
    rules: tuple[Mapping[str, str], ...] = ()


def _condition(name: str) -> str:
    return f'.status.conditions[?(@.type=="{name}")].status'


_AGE: Final = Column(name="Age", path=".metadata.creationTimestamp", type="date", description="Time since it was made.")

KINDS: Final = (
    Kind(
        kind="Integration",
        plural="integrations",
        short="pint",
        description="Data flows between a product and its customers' systems, defined once, in a version. The flow language is in"
        f" {REFERENCE}, whole examples in docs/cookbook.",
        spec=IntegrationSpec,
        status=IntegrationStatus,
        columns=(
            Column(name="Version", path=".spec.version", description="Version that is defined."),
            Column(
                name="Published",
                path=".status.publishedVersion",
                description="Version that instances without a pin follow.",
            ),
            Column(
                name="Valid", path=_condition("Valid"), description="Whether all expressions and steps are in order."
            ),
            Column(
                name="Message",
                path='.status.conditions[?(@.type=="Valid")].message',
                description="What is wrong with it.",
                priority=1,
            ),
            _AGE,
        ),
        rules=(_NAME_RULE, _VERSION_RULE),
    ),
    Kind(
        kind="IntegrationVersion",
        plural="integrationversions",
        short="pintv",
        description="The immutable snapshot of a version of an Integration; written by the operator.",
        spec=IntegrationVersionSpec,
        status=IntegrationVersionStatus,
        columns=(
            Column(name="Integration", path=".spec.integration", description="Integration."),
            Column(name="Version", path=".spec.version", description="Version of it."),
            Column(name="Instances", path=".status.instances", type="integer", description="Instances that run it."),
            _AGE,
        ),
    ),
    Kind(
        kind="Instance",
        plural="instances",
        short="pinst",
        description="One customer's deployment of an Integration.",
        spec=InstanceSpec,
        status=InstanceStatus,
        columns=(
            Column(name="Integration", path=".spec.integration.name", description="What is deployed."),
            Column(name="Version", path=".status.version", description="Version that is deployed."),
            Column(name="Customer", path=".spec.customer.id", description="For whom."),
            Column(name="Ready", path=_condition("Ready"), description="Whether everything is in order."),
            Column(name="Paused", path=".spec.paused", type="boolean", description="Whether all flows are paused."),
            Column(name="Latest", path=".status.latestVersion", description="Newest version that is published."),
            Column(
                name="Message",
                path='.status.conditions[?(@.type=="Ready")].message',
                description="What is wrong with it.",
                priority=1,
            ),
            _AGE,
        ),
        rules=(_NAME_RULE,),
    ),
    Kind(
        kind="Flow",
        plural="flows",
        short="pflow",
        description="One flow of a deployed Instance; written by the operator: change the Instance instead.",
        spec=FlowSpec,
        status=FlowStatus,
        columns=(
            Column(name="Instance", path=".spec.instance", description="Instance that it belongs to."),
            Column(name="Customer", path=".spec.customer.id", description="For whom."),
            Column(name="Trigger", path=".spec.trigger", description="What starts it."),
            Column(name="Schedule", path=".spec.schedule.cron", description="Cron fields of its schedule."),
            Column(name="Time Zone", path=".spec.schedule.timeZone", description="Time zone of its schedule."),
            Column(name="Paused", path=".spec.paused", type="boolean", description="Whether it is paused."),
            Column(name="Last", path=".status.lastExecution.state", description="State of the last execution."),
            Column(
                name="Last Run",
                path=".status.lastExecution.startedAt",
                type="date",
                description="Time since the last execution started.",
            ),
            Column(name="Error", path=".status.lastExecution.error", description="Code of the last execution's error."),
            Column(
                name="Failed Step",
                path=".status.lastExecution.failedStep",
                description="Step of the last execution that failed.",
                priority=1,
            ),
            Column(name="URL", path=".spec.webhook.url", description="Address of its webhook."),
        ),
    ),
)


def definitions(release: str) -> dict[str, dict[str, Any]]:
    """The four CRDs by file name, of a release such as 0.1.0."""
    return {f"{kind.plural}.{names.GROUP}.yaml": _definition(kind, release) for kind in KINDS}


def _definition(kind: Kind, release: str) -> dict[str, Any]:
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": f"{kind.plural}.{names.GROUP}",
            "annotations": {RELEASE_ANNOTATION: release},
            "labels": {names.LABEL_MANAGED_BY: "penstock"},
        },
        "spec": {
            "group": names.GROUP,
            "scope": "Namespaced",
            "names": {
                "kind": kind.kind,
                "listKind": f"{kind.kind}List",
                "plural": kind.plural,
                "singular": kind.kind.lower(),
                "shortNames": [kind.short],
                "categories": ["penstock"],
            },
            "versions": [
                {
                    "name": names.VERSION,
                    "served": True,
                    "storage": True,
                    "subresources": {"status": {}},
                    "additionalPrinterColumns": [_column(column) for column in kind.columns],
                    "schema": {"openAPIV3Schema": _root(kind)},
                }
            ],
        },
    }


def _column(column: Column) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": column.name,
        "type": column.type,
        "jsonPath": column.path,
        "description": column.description,
    }
    return found | ({"priority": column.priority} if column.priority else {})


def _root(kind: Kind) -> dict[str, Any]:
    root: dict[str, Any] = {
        "type": "object",
        "description": kind.description,
        "required": ["spec"],
        "properties": {
            "apiVersion": {"type": "string", "description": f"Version of this kind. Example: {names.API_VERSION}"},
            "kind": {"type": "string", "description": f"Kind of the object. Example: {kind.kind}"},
            "metadata": {"type": "object"},
            "spec": _model(kind.spec),
            "status": _model(kind.status),
        },
    }
    return root | ({RULES: [dict(each) for each in kind.rules]} if kind.rules else {})


def _model(model: type[Resource]) -> dict[str, Any]:
    schema = model.model_json_schema(by_alias=True)
    return structural(schema, schema.get("$defs", {}))


def structural(schema: Mapping[str, Any], shared: Mapping[str, Any]) -> dict[str, Any]:
    """A structural schema from a JSON schema of pydantic's; `shared` holds what its references name."""
    schema = _resolved(schema, shared)
    if schema.get("x-kubernetes-int-or-string"):
        alternatives = [{"type": "integer"}, {"type": "string"}]
        return _kept(schema) | _pattern_of(schema) | {"anyOf": alternatives}
    if "anyOf" in schema or not schema.keys() & {"type", "const", "enum"}:
        # nullable: without it the API server drops a null, and `set: {value: null}` loses its value
        return {key: schema[key] for key in ("description",) if key in schema} | _ANYTHING | {"nullable": True}
    found = _kept(schema)
    if "const" in schema:
        found |= {"enum": [schema["const"]]}
    if "properties" in schema:
        found["properties"] = {name: structural(below, shared) for name, below in schema["properties"].items()}
    if schema.get("type") == "object" and "properties" not in schema:
        found |= _map(schema.get("additionalProperties", True), shared)
    if schema.get("type") == "array":
        found["items"] = structural(schema.get("items", {}), shared)
        found.setdefault("x-kubernetes-list-type", "atomic")
    return found


def _resolved(schema: Mapping[str, Any], shared: Mapping[str, Any]) -> dict[str, Any]:
    """The schema without references and without the alternative null; what stands beside them wins."""
    found = dict(schema)
    while "$ref" in found or "anyOf" in found:
        if "$ref" in found:
            found = {**shared[found.pop("$ref").rsplit("/", 1)[-1]], **found}
            continue
        alternatives = [each for each in found["anyOf"] if each.get("type") != "null"]
        if len(alternatives) != 1:
            break
        del found["anyOf"]
        found = {**alternatives[0], **found}
    return found


def _kept(schema: Mapping[str, Any]) -> dict[str, Any]:
    found = {key: value for key, value in schema.items() if key not in _DROPPED and key not in ("properties", "items")}
    if RULES in found:
        for said in ("pattern", "enum"):  # the rule says the same in a sentence
            found.pop(said, None)
    if STORED_DEFAULT in found:
        found["default"] = found.pop(STORED_DEFAULT)
    return found


def _pattern_of(schema: Mapping[str, Any]) -> dict[str, Any]:
    return next(({"pattern": each["pattern"]} for each in schema.get("anyOf", ()) if "pattern" in each), {})


def _map(values: Any, shared: Mapping[str, Any]) -> dict[str, Any]:
    if values is True or values == {}:
        return dict(_ANYTHING)
    return {"additionalProperties": structural(values, shared)}
