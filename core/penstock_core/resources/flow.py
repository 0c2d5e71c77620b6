"""Flow: one per flow of a deployed Instance, written by the operator alone; starting an execution reads nothing else."""

from typing import Any, Literal

from penstock_core.resources.base import CRON_EXAMPLE, FLOW_PATTERN, Parse, Resource, described
from penstock_core.resources.instance import Resources
from penstock_core.resources.status import Status


class DeployedIntegration(Resource):
    """What was deployed."""

    name: str = described("Name of the Integration.", example="orders-to-erp")
    version: str = described("Version of it.", example="1.4.0")


class DeployedCustomer(Resource):
    """For whom."""

    id: str = described("Identifier of the customer.", example="acme")
    name: str | None = described("Name for people.", default=None, shown_default="the id", example="ACME GmbH")


class DeployedWebhook(Resource):
    """The flow's webhook."""

    methods: list[str] = described("HTTP methods that are taken.", example=["POST"])
    security: Literal["required", "optional", "none"] = described("Whether a key is needed.", example="required")
    parse: Parse = described("How bodies are read.", default="auto", example="csv")
    url: str = described("Address.", example="https://hooks.example/hooks/acme/acme-orders/importOrder")


class DeployedSchedule(Resource):
    """The flow's schedule."""

    cron: str = described("Cron fields.", example=CRON_EXAMPLE)
    time_zone: str = described("Time zone, by its IANA name.", example="Etc/UTC")
    overlap: Literal["allow", "skip"] = described(
        "What a tick does while an earlier execution has not ended.", example="skip"
    )


class DeployedConcurrency(Resource):
    """The flow's limit."""

    limit: int = described("Executions that may run at once.", example=20, ge=1)
    when_full: Literal["queue", "reject"] = described("What happens above the limit.", example="queue")


class DeployedDeduplication(Resource):
    """Which requests are the same."""

    value: str = described("Text with `${…}` that tells requests apart.", example="${trigger.body.id}")
    window_seconds: int = described("Seconds for which the same value is the same execution.", example=86_400, ge=0)
    after_failure: Literal["again", "repeat"] = described(
        "What the same value does once its execution has failed.", default="repeat", example="again"
    )


class DeployedConnection(Resource):
    """What the Job needs of a connection; never a value."""

    name: str = described("Name of the connection.", example="erp")
    type: str = described("Type of the connection.", example="apiKey")
    secret_name: str = described("Secret with its fields.", example="acme-erp")
    fields: list[str] = described("Fields of the Secret.", example=["key"])


class FlowSpec(Resource):
    """All that starting an execution needs."""

    instance: str = described("Name of the Instance.", example="acme-orders")
    instance_uid: str = described("UID of the Instance.", example="6f1c0c5e-8d2c-4b7e-9a57-0a4b4de7f3a1")
    flow: str = described("Name of the flow, as written.", example="importOrder", pattern=FLOW_PATTERN)
    integration: DeployedIntegration = described(
        "What was deployed.", example={"name": "orders-to-erp", "version": "1.4.0"}
    )
    customer: DeployedCustomer = described("For whom.", example={"id": "acme", "name": "ACME GmbH"})
    trigger: Literal["webhook", "schedule"] = described("What starts the flow.", example="webhook")
    paused: bool = described("Whether the flow is paused, by the Instance or by itself.", default=False, example=True)
    when_paused: Literal["reject", "queue"] = described(
        "What happens to requests while it is paused.", default="reject", example="queue"
    )
    webhook: DeployedWebhook | None = described(
        "Its webhook.", default=None, shown_default="none", example={"methods": ["POST"], "security": "required"}
    )
    schedule: DeployedSchedule | None = described(
        "Its schedule.", default=None, shown_default="none", example={"cron": CRON_EXAMPLE, "timeZone": "Etc/UTC"}
    )
    concurrency: DeployedConcurrency | None = described(
        "Its limit.", default=None, shown_default="no limit", example={"limit": 20, "whenFull": "queue"}
    )
    deduplicate_by: DeployedDeduplication | None = described(
        "Recognises repeated requests.",
        default=None,
        shown_default="every request is an execution",
        example={"value": "${trigger.body.id}", "windowSeconds": 86400},
    )
    timeout_seconds: int = described("Seconds that an execution may take.", example=300, ge=1)
    resources: Resources | None = described(
        "What its Jobs ask for.",
        default=None,
        shown_default="the installation's",
        example={"limits": {"memory": "256Mi"}},
    )
    connections: list[DeployedConnection] | None = described(
        "Secrets that its Jobs read.",
        default=None,
        shown_default="none",
        example=[{"name": "erp", "type": "apiKey", "secretName": "acme-erp", "fields": ["key"]}],
        max_length=20,
    )
    definition_hash: str = described(
        "Hash of the definition, 64 hex digits.", example="9a0c…", pattern=r"^[0-9a-f]{64}$"
    )
    definition: dict[str, Any] = described("What the runner interprets.", example={"schema": 1, "steps": []})


class LastExecution(Resource):
    """The execution that started last."""

    id: str = described("Its id.", example="0198c5a2-7e5d-7c33-9d0a-3f1b2c4d5e6f")
    state: str = described("Its state.", example="passed")
    started_at: str | None = described(
        "When it started, RFC 3339.",
        default=None,
        shown_default="not yet",
        example="2026-01-31T06:00:00Z",
        schema={"format": "date-time"},
    )
    ended_at: str | None = described(
        "When it ended, RFC 3339.",
        default=None,
        shown_default="not yet",
        example="2026-01-31T06:00:02Z",
        schema={"format": "date-time"},
    )
    error: str | None = described(
        "Code of its error; docs/operations.md explains each.",
        default=None,
        shown_default="none",
        example="http_status",
    )
    failed_step: str | None = described(
        "Path of the step that failed.", default=None, shown_default="none", example="push"
    )


class FlowStatus(Status):
    """What ran last."""

    last_execution: LastExecution | None = described(
        "The execution that started last: another state within two seconds, the same again at most every 30 s.",
        default=None,
        shown_default="none yet",
        example={"id": "0198c5a2-7e5d-7c33-9d0a-3f1b2c4d5e6f", "state": "passed"},
    )
