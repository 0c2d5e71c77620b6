"""The four kinds as models: what the API server's schema and the operator both go by.

Members are camelCase in manifests and snake_case here.
`crd` makes the CustomResourceDefinitions from these.
"""

from penstock_core.resources.flow import FlowSpec, FlowStatus
from penstock_core.resources.instance import InstanceSpec, InstanceStatus
from penstock_core.resources.integration import (
    ConfigVariable,
    Connection,
    FlowDefinition,
    IntegrationSpec,
    IntegrationStatus,
    IntegrationVersionSpec,
    IntegrationVersionStatus,
)
from penstock_core.resources.steps import AnyStep, InnerStep, NestedStep, Step

__all__ = [
    "AnyStep",
    "ConfigVariable",
    "Connection",
    "FlowDefinition",
    "FlowSpec",
    "FlowStatus",
    "InnerStep",
    "InstanceSpec",
    "InstanceStatus",
    "IntegrationSpec",
    "IntegrationStatus",
    "IntegrationVersionSpec",
    "IntegrationVersionStatus",
    "NestedStep",
    "Step",
]
