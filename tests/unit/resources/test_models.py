"""The models: what they take, and that manifests come back as they were."""

import pytest
from pydantic import ValidationError
from tests.e2e.admission.table import rows

from penstock_core.resources import FlowSpec, InstanceSpec, IntegrationSpec

FLOW = {
    "instance": "acme-orders",
    "instanceUid": "6f",
    "flow": "importOrder",
    "integration": {"name": "orders-to-erp", "version": "1.4.0"},
    "customer": {"id": "acme", "name": "ACME GmbH"},
    "trigger": "webhook",
    "paused": False,
    "whenPaused": "reject",
    "webhook": {"methods": ["POST"], "security": "required", "url": "https://hooks.example/a"},
    "concurrency": {"limit": 20, "whenFull": "queue"},
    "deduplicateBy": {"value": "${trigger.body.id}", "windowSeconds": 86400, "afterFailure": "again"},
    "timeoutSeconds": 300,
    "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "256Mi"}},
    "connections": [{"name": "erp", "type": "apiKey", "secretName": "acme-erp", "fields": ["key"]}],
    "definitionHash": "9a" * 32,
    "definition": {"schema": 1, "steps": [{"name": "a", "set": {"value": None}}]},
}
INSTANCE = {
    "integration": {"name": "orders-to-erp", "version": "1.4.0", "namespace": "catalogue"},
    "customer": {"id": "acme", "name": "ACME GmbH"},
    "paused": False,
    "whenPaused": "queue",
    "config": {"erpUrl": "https://erp.example", "least": 1.5, "dryRun": True},
    "configFrom": [{"configMapRef": {"name": "acme-config"}}],
    "connections": {"erp": {"secretRef": {"name": "acme-erp"}}},
    "webhook": {
        "keysSecretRef": {"name": "acme-hook-keys"},
        "signature": {
            "preset": "generic",
            "secretRef": {"name": "acme-shop", "key": "secret"},
            "header": "X-Signature",
            "algorithm": "sha512",
            "encoding": "base64",
            "prefix": "v1=",
            "timestampHeader": "X-Timestamp",
            "tolerance": "2m",
        },
    },
    "flows": {
        "poll": {"schedule": {"cron": "0 6 * * *", "timeZone": "America/New_York"}, "paused": False},
        "importOrder": {"concurrency": {"limit": 5}, "resources": {"limits": {"memory": "256Mi", "cpu": "500m"}}},
    },
}


@pytest.mark.parametrize(
    ("model", "spec"),
    [
        (FlowSpec, FLOW),
        (InstanceSpec, INSTANCE),
        *((IntegrationSpec, row.spec) for row in rows("accepted", "invalid")),
    ],
)
def test_a_spec_comes_back_as_it_was(model: type[IntegrationSpec], spec: dict[str, object]) -> None:
    """Read and written again, nothing is added, lost or renamed, null values included."""
    assert model.model_validate(spec).model_dump(by_alias=True, exclude_unset=True) == spec


@pytest.mark.parametrize("member", ["debug", "retention"])
def test_what_does_not_work_yet_is_refused(member: str) -> None:
    """The models hold what this release runs."""
    with pytest.raises(ValidationError, match="Extra inputs"):
        InstanceSpec.model_validate(INSTANCE | {member: {}})


def test_models_do_not_change() -> None:
    """They are values."""
    spec = InstanceSpec.model_validate(INSTANCE)
    with pytest.raises(ValidationError, match="frozen"):
        setattr(spec, "paused", True)  # noqa: B010 - a plain assignment is what mypy forbids
