"""Instance: one customer's deployment of an Integration."""

from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import Field

from penstock_core.resources.base import (
    CRON_EXAMPLE,
    FLOW_PATTERN,
    NAME_PATTERN,
    RULES,
    STORED_DEFAULT,
    Reference,
    Resource,
    described,
    matching,
    rule,
)
from penstock_core.resources.integration import ResourceName, Version
from penstock_core.resources.status import Status
from penstock_core.resources.webhook import Webhook

_CUSTOMER_PATTERN: Final = r"^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$"
_LINE_PATTERN: Final = r"^[^\x00-\x1f\x7f]*$"

Namespace = Annotated[str, Field(pattern=NAME_PATTERN, max_length=63)]


class IntegrationReference(Resource):
    """Which Integration, in which version."""

    name: ResourceName = described("Name of the Integration.", example="orders-to-erp")
    version: Version | None = described(
        "Version to stay at, whatever is published later.",
        default=None,
        shown_default="the current one is followed",
        example="1.4.0",
    )
    namespace: Namespace | None = described(
        "Namespace of the Integration: one that the installation names as a catalogue.",
        default=None,
        shown_default="the Instance's own",
        example="catalogue",
    )


class Customer(Resource):
    """Whom the instance serves."""

    id: str = described(
        "Your own identifier of the customer: letters, digits, and ._- inside, 63 characters at most; searched by exactly.",
        example="acme",
        pattern=_CUSTOMER_PATTERN,
        max_length=63,
        schema=matching(
            _CUSTOMER_PATTERN,
            "a customer's id has letters and digits, with ._- inside, 63 characters at most: write it as in acme",
        ),
    )
    name: str | None = described(
        "Name for people, one line.",
        default=None,
        shown_default="the id",
        example="ACME GmbH",
        pattern=_LINE_PATTERN,
        max_length=128,
        schema=matching(_LINE_PATTERN, "a customer's name is one line: leave out line breaks and control characters"),
    )


class ConfigSource(Resource):
    """Where values come from."""

    config_map_ref: Reference = described(
        "ConfigMap whose keys are names of config variables; other keys are left aside.",
        example={"name": "acme-config"},
    )


class ConnectionSource(Resource):
    """Where a connection's fields come from."""

    secret_ref: Reference = described(
        'Secret with the connection\'s fields; it needs the label penstock.dev/connection: "true".',
        example={"name": "acme-erp"},
    )


class ScheduleOverride(Resource):
    """The instance's own times for a flow with a schedule."""

    cron: str | None = described(
        "When, as five cron fields: minute, hour, day of the month, month, day of the week.",
        default=None,
        shown_default="the Integration's",
        example=CRON_EXAMPLE,
        min_length=1,
        max_length=128,
    )
    time_zone: str | None = described(
        "Time zone of the schedule, by its IANA name.",
        default=None,
        shown_default="the Integration's",
        example="America/New_York",
        min_length=1,
        max_length=64,
    )


class ConcurrencyOverride(Resource):
    """The instance's own limit."""

    limit: int = described("Executions of the flow that may run at once.", example=5, ge=1, le=10_000)


Quantity = Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$", max_length=20)]


class Amounts(Resource):
    """Amounts of memory and processor time."""

    cpu: Quantity | None = described(
        "Processor time, in cores or thousandths (m).", default=None, shown_default="the installation's", example="500m"
    )
    memory: Quantity | None = described(
        "Memory, in bytes with a unit.", default=None, shown_default="the installation's", example="256Mi"
    )


class Resources(Resource):
    """What a Job of the flow asks for and may use."""

    requests: Amounts | None = described(
        "What is set aside for it.",
        default=None,
        shown_default="the installation's",
        example={"cpu": "50m", "memory": "64Mi"},
    )
    limits: Amounts | None = described(
        "What it may use at most; above the memory limit it is killed.",
        default=None,
        shown_default="the installation's",
        example={"memory": "256Mi"},
    )


class FlowOverride(Resource):
    """What an instance changes of one flow."""

    schedule: ScheduleOverride | None = described(
        "Its own times, for a flow with a schedule.",
        default=None,
        shown_default="the Integration's",
        example={"cron": CRON_EXAMPLE, "timeZone": "America/New_York"},
    )
    paused: bool = described("Whether this flow alone is paused.", default=False, example=True)
    concurrency: ConcurrencyOverride | None = described(
        "Its own limit.", default=None, shown_default="the Integration's", example={"limit": 5}
    )
    resources: Resources | None = described(
        "What its Jobs ask for.",
        default=None,
        shown_default="the installation's",
        example={"limits": {"memory": "256Mi"}},
    )


class InstanceSpec(Resource):
    """What is deployed, for whom and with which values."""

    integration: IntegrationReference = described(
        "What is deployed.", example={"name": "orders-to-erp", "version": "1.4.0"}
    )
    customer: Customer = described("For whom.", example={"id": "acme", "name": "ACME GmbH"})
    description: str | None = described(
        "What the instance is for, for readers.",
        default=None,
        shown_default="none",
        example="ACME's production shop",
        max_length=1024,
    )
    paused: bool = described(
        "Whether all flows are paused: schedules do not tick, webhooks do what whenPaused says.",
        default=False,
        example=True,
        schema={STORED_DEFAULT: False},
    )
    when_paused: Literal["reject", "queue"] = described(
        "What a paused instance does with requests: reject (503 with Retry-After), or queue (kept and run later).",
        default="reject",
        example="queue",
    )
    config: dict[str, Any] | None = described(
        "Values of the Integration's configVariables, by name: texts, numbers and booleans.",
        default=None,
        shown_default="the variables' defaults",
        example={"erpUrl": "https://erp.example", "region": "eu"},
        max_length=100,
    )
    config_from: list[ConfigSource] | None = described(
        "Where further values come from: later entries win over earlier ones, and `config` over all.",
        default=None,
        shown_default="none",
        example=[{"configMapRef": {"name": "acme-config"}}],
        max_length=10,
    )
    connections: dict[str, ConnectionSource] | None = described(
        "A Secret for each of the Integration's connections, by the connection's name.",
        default=None,
        shown_default="none",
        example={"erp": {"secretRef": {"name": "acme-erp"}}},
        max_length=20,
    )
    webhook: Webhook | None = described(
        "What requests to its webhooks authenticate with: keys or signatures.",
        default=None,
        shown_default="a key, generated into the Secret that status.webhookKeySecret names",
        example={"keysSecretRef": {"name": "acme-hook-keys"}},
    )
    flows: dict[str, FlowOverride] | None = described(
        "What the instance changes of single flows, by the flow's name.",
        default=None,
        shown_default="nothing",
        example={"importOrder": {"concurrency": {"limit": 5}}},
        max_length=20,
    )

    schema_extra: ClassVar[dict[str, Any]] = {
        RULES: [
            rule(
                f"!has(self.flows) || self.flows.all(name, name.matches('{FLOW_PATTERN}'))",
                "the keys of flows are names of the Integration's flows, as in importOrder: correct the name",
                field=".flows",
            )
        ]
    }


class InstanceFlow(Resource):
    """What became of a flow."""

    name: str = described("Name of the flow.", example="importOrder")
    trigger: str = described("What starts it: webhook or schedule.", example="webhook")
    url: str | None = described(
        "Address of its webhook.",
        default=None,
        shown_default="none",
        example="https://hooks.example/hooks/acme/acme-orders/importOrder",
    )
    schedule: str | None = described("Its cron fields.", default=None, shown_default="none", example=CRON_EXAMPLE)
    time_zone: str | None = described("Their time zone.", default=None, shown_default="none", example="Etc/UTC")
    paused: bool | None = described("Whether it is paused.", default=None, shown_default="unknown", example=False)


class InstanceStatus(Status):
    """What the operator deployed."""

    version: str | None = described("Version that is deployed.", default=None, shown_default="none", example="1.4.0")
    latest_version: str | None = described(
        "Newest version that is published.", default=None, shown_default="unknown", example="1.5.0"
    )
    webhook_key_secret: str | None = described(
        "Secret, in the Instance's namespace, with the generated webhook key in the field `key`.",
        default=None,
        shown_default="none",
        example="acme-orders-webhook-key",
    )
    flows: list[InstanceFlow] | None = described(
        "Each flow's URL or schedule.",
        default=None,
        shown_default="none",
        example=[{"name": "importOrder", "trigger": "webhook"}],
        max_length=20,
        schema={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]},
    )
