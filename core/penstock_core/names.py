"""Every name that two programs must agree on: group, labels, object names, environment variables.

Pure functions and constants; nothing here reads a cluster or a clock.
The limits are Kubernetes' own: 63 characters for a label value, 52 for a CronJob, 253 for other objects.
"""

import hashlib
from typing import Final
from uuid import UUID

GROUP: Final = "penstock.dev"
VERSION: Final = "v1alpha1"
API_VERSION: Final = f"{GROUP}/{VERSION}"
MANAGER: Final = "penstock"
"""Field manager of everything that Penstock applies."""

FINALIZER: Final = f"{GROUP}/instance-data"
"""Held on an Instance until its rows are removed from the database."""

ANNOTATION_RELEASE: Final = f"{GROUP}/release"
"""On an Instance, beside the finalizer: the release that manages it."""

ANNOTATION_SCHEDULED_SINCE: Final = f"{GROUP}/scheduled-since"
"""On a Flow with a schedule: when its cron line or time zone was last changed (RFC 3339); earlier ticks are not its own."""

ANNOTATION_APPLIED: Final = f"{GROUP}/applied"
"""On what the operator applies: sha256 of the manifest as it was applied."""

LABEL_RELEASE: Final = f"{GROUP}/release"
LABEL_INSTANCE: Final = f"{GROUP}/instance"
LABEL_FLOW: Final = f"{GROUP}/flow"
LABEL_INTEGRATION: Final = f"{GROUP}/integration"
LABEL_EXECUTION: Final = f"{GROUP}/execution"
LABEL_TRIGGER: Final = f"{GROUP}/trigger"
LABEL_CUSTOMER: Final = f"{GROUP}/customer"
"""On Flows, CronJobs and Jobs, where the customer's id is a label's value."""
LABEL_CONNECTION: Final = f"{GROUP}/connection"
"""A Secret with this label set to "true" may serve as a connection."""
LABEL_MANAGED_BY: Final = "app.kubernetes.io/managed-by"

ENV_DSN: Final = "PENSTOCK_DSN"
ENV_EXECUTION: Final = "PENSTOCK_EXECUTION"
ENV_NAMESPACE: Final = "PENSTOCK_NAMESPACE"
ENV_POD: Final = "PENSTOCK_POD"
ENV_TICK: Final = "PENSTOCK_TICK"
ENV_JOB: Final = "PENSTOCK_JOB"
ENV_CONNECTION_PREFIX: Final = "PENSTOCK_CONNECTION."

EXIT_DONE: Final = 0
EXIT_HANDED_OVER: Final = 75
"""The runner stopped without a final state (SIGTERM, lost lease, no database); somebody else goes on. EX_TEMPFAIL."""

KEY_FIELD: Final = "key"

_HEX_DIGITS: Final = "0123456789abcdef"


def _short_hash(text: str, length: int) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def release(*, namespace: str, name: str) -> str:
    """The label value that tells one installation from another, `<namespace>.<name>`, cut to a label's 63 characters."""
    full = f"{namespace}.{name}"
    return full if len(full) <= 63 else f"{full[:52]}-{_short_hash(full, 10)}"


def flow_object(instance: str, flow: str) -> str:
    """Name of the Flow object of an instance's flow."""
    return f"{instance}.{flow.lower()}"


def integration_version(integration: str, version: str) -> str:
    """Name of the IntegrationVersion object."""
    return f"{integration}.{version}"


def cron_job(instance: str, flow_uid: str) -> str:
    """Name of a flow's CronJob: 47 characters at most, of the 52 that Kubernetes allows."""
    return f"{instance[:36]}-{_short_hash(flow_uid, 10)}"


def job(execution: UUID | str, attempt: int = 1) -> str:
    """Name of the Job of an execution; `attempt` counts replacement Jobs from 1."""
    base = f"pex-{execution}"
    return base if attempt == 1 else f"{base}-{attempt}"


def webhook_key_secret(instance: str) -> str:
    """Name of the Secret, in the instance's namespace, that holds the generated webhook key in the field `key`."""
    return f"{instance}-webhook-key"


def webhook_digest_secrets(release_name: str) -> tuple[str, ...]:
    """Names of the Secrets, in the release's namespace, that together hold the digests of all instances' webhook keys.

    They are few and known beforehand, so that the gateway's Role can name them one by one.
    """
    return tuple(f"{release_name}-hooks-{digit}" for digit in _HEX_DIGITS)


def webhook_digest_secret(release_name: str, instance_uid: str) -> str:
    """The one of these that holds an instance's; the field is its uid."""
    return webhook_digest_secrets(release_name)[int(_short_hash(instance_uid, 1), 16)]


def database_secret(release_name: str) -> str:
    """Name of the Secret, in each namespace with instances, that holds the runners' DSN in the field `dsn`."""
    return f"penstock-database-{release_name}"


def runner_policy(release_name: str) -> str:
    """Name of the NetworkPolicy, in each namespace with instances, that bounds where runner pods may go."""
    return f"penstock-runners-{release_name}"


def database_role(prefix: str, namespace: str, *, uid: str) -> str:
    """Postgres role of a namespace's runners; one that is deleted and made again has another uid, and another role.

    Role names are cut at 63 bytes, hence the hash.
    """
    return f"{prefix}_{_short_hash(f'{namespace}/{uid}', 16)}"


def connection_variable(connection: str, field: str) -> str:
    """Environment variable that carries one field of a connection into the runner."""
    return f"{ENV_CONNECTION_PREFIX}{connection}.{field}"


def webhook_path(*, namespace: str, instance: str, flow: str) -> str:
    """Path of a flow's webhook; instance and flow as written."""
    return f"/hooks/{namespace}/{instance}/{flow}"
