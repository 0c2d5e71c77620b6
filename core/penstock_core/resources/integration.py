"""Integration: what a publisher writes; and IntegrationVersion, the snapshot of each version of it."""

from typing import Annotated, Any, ClassVar, Final, Literal, TypeAlias, get_args

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from penstock_core import connections
from penstock_core.resources.base import (
    CONNECTION_PATTERN,
    CRON_EXAMPLE,
    FLOW_PATTERN,
    NAME_PATTERN,
    REFERENCE,
    RULES,
    VARIABLE_PATTERN,
    VERSION_PATTERN,
    Duration,
    Parse,
    Resource,
    among,
    described,
    exactly_one_of,
    matching,
    rule,
)
from penstock_core.resources.status import Status
from penstock_core.resources.steps import MAX_STEPS, Step

MAX_FLOWS: Final = 20

VariableType: TypeAlias = Literal["string", "number", "boolean", "picklist"]
VARIABLE_TYPES: Final = (
    "a variable is of type string, number, boolean or picklist, and code, json and schedule are not in this release: take a"
    " string that a python step parses; a schedule stands in the flow's trigger, and instances override it"
)
CONNECTION_TYPES: Final = (
    "a connection is of type apiKey, basic, bearer or custom, and oauth2 and database are not in this release: take bearer"
    " with a token that you renew in the Secret, or reach a database through a service that speaks HTTP"
)


def _known(kind: Any) -> Any:
    if not isinstance(kind, str) or kind not in connections.TYPES:
        raise PydanticCustomError("literal_error", CONNECTION_TYPES)
    return kind


ConnectionType = Annotated[str, BeforeValidator(_known)]
"""A name in the table of types."""

Version = Annotated[
    str,
    Field(
        pattern=VERSION_PATTERN,
        max_length=32,
        json_schema_extra=matching(
            VERSION_PATTERN,
            "a version is MAJOR.MINOR.PATCH, optionally with a lower-case pre-release and without a build part:"
            " write it as in 1.4.0 or 1.5.0-rc.1",
        ),
    ),
]
ResourceName = Annotated[
    str,
    Field(
        pattern=NAME_PATTERN,
        max_length=40,
        json_schema_extra=matching(
            NAME_PATTERN,
            "this is no name of an object: use lower-case letters, digits and hyphens, as in orders-to-erp",
        ),
    ),
]


class ConfigVariable(Resource):
    """A value that each instance sets for itself."""

    name: str = described(
        "Name: a lower-case letter, then letters, digits and _. Expressions reach the value as config.<name>.",
        example="erpUrl",
        pattern=VARIABLE_PATTERN,
        max_length=63,
        schema=matching(
            VARIABLE_PATTERN,
            "a variable's name is a lower-case letter, then letters, digits and _: write it as in erpUrl",
        ),
    )
    type: VariableType = described(
        "Type of the value: string, number, boolean, or picklist (one of options).",
        example="string",
        schema=among(get_args(VariableType), VARIABLE_TYPES),
    )
    required: bool = described(
        "Whether an instance is refused deployment until the value is set; one with a default always has a value.",
        default=False,
        example=True,
    )
    default: Any = described(
        "Value where an instance sets none; of the variable's own type.",
        default=None,
        shown_default="null",
        example="eu",
    )
    options: list[Annotated[str, Field(max_length=253)]] | None = described(
        "The texts that a picklist offers.",
        default=None,
        shown_default="none",
        example=["eu", "us"],
        min_length=1,
        max_length=100,
    )
    description: str | None = described(
        "What the value means, for the person who sets it.",
        default=None,
        shown_default="none",
        example="Base URL of the ERP",
        max_length=1024,
    )
    format: Literal["uri"] | None = described(
        "What a string must be: uri, an absolute http or https address.",
        default=None,
        shown_default="any text",
        example="uri",
    )
    pattern: str | None = described(
        "Regular expression, in the syntax of RE2, that a string must match as a whole; such a string has 512 characters at"
        " most.",
        default=None,
        shown_default="any text",
        example="[A-Z]{2}[0-9]+",
        max_length=512,
    )
    minimum: float | None = described("Smallest number allowed.", default=None, shown_default="no bound", example=0)
    maximum: float | None = described("Largest number allowed.", default=None, shown_default="no bound", example=100)

    schema_extra: ClassVar[dict[str, Any]] = {
        RULES: [
            rule(
                "(self.type == 'picklist') == has(self.options)",
                "options belong to a picklist, and a picklist needs them: list the texts it offers, or choose another type",
                field=".options",
            ),
            rule(
                "self.type == 'string' || !(has(self.format) || has(self.pattern))",
                "format and pattern belong to the type string: remove them, or choose that type",
                field=".type",
            ),
            rule(
                "self.type == 'number' || !(has(self.minimum) || has(self.maximum))",
                "minimum and maximum belong to the type number: remove them, or choose that type",
                field=".type",
            ),
        ]
    }


class Connection(Resource):
    """Another side that steps sign in to; each instance names a Secret with the fields."""

    name: str = described(
        "Name, by which steps and instances refer to it.",
        example="erp",
        pattern=CONNECTION_PATTERN,
        max_length=40,
        schema=matching(
            CONNECTION_PATTERN,
            "a connection's name is a lower-case letter, then letters, digits and _, 40 at most: write it as in erp",
        ),
    )
    type: ConnectionType = described(
        "How to sign in, and the fields of the Secret: apiKey {key}, basic {username, password}, bearer {token},"
        " custom {what `fields` lists}.",
        example="apiKey",
        schema=among(tuple(connections.TYPES), CONNECTION_TYPES),
    )
    required: bool = described(
        "Whether an instance is refused deployment until it names a Secret.", default=True, example=False
    )
    description: str | None = described(
        "What it is for, for the person who sets it.",
        default=None,
        shown_default="none",
        example="Key of the ERP",
        max_length=1024,
    )
    header: str | None = described(
        "apiKey: header field that carries the key.",
        default=None,
        shown_default="Authorization",
        example="X-Api-Key",
        pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$",
        max_length=128,
    )
    prefix: str | None = described(
        "apiKey: text before the key, with its space.",
        default=None,
        shown_default="none",
        example="Token ",
        max_length=64,
    )
    fields: list[Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,62}$")]] | None = described(
        "custom: fields of the Secret.",
        default=None,
        shown_default="none",
        example=["user", "token"],
        min_length=1,
        max_length=20,
    )
    readable: list[Annotated[str, Field(max_length=63)]] | None = described(
        "custom: those of the fields that are no secret, such as a user's name: they are not masked in what is recorded.",
        default=None,
        shown_default="none",
        example=["user"],
        max_length=20,
    )
    headers: dict[str, Annotated[str, Field(max_length=1024)]] | None = described(
        "custom: header fields to send; `${field}` stands for a field of the Secret, `$${` for a literal `${`.",
        default=None,
        shown_default="none",
        example={"X-Auth": "${user}:${token}"},
        max_length=20,
    )

    schema_extra: ClassVar[dict[str, Any]] = {
        RULES: [
            rule(
                "self.type == 'custom' ? has(self.fields) : !(has(self.fields) || has(self.headers))",
                "fields and headers belong to the type custom, which needs fields: list them, or choose another type",
                field=".fields",
            ),
            rule(
                "!has(self.readable) || (has(self.fields) && self.readable.all(name, name in self.fields))",
                "readable names fields of the type custom that are no secret: list each in fields, too",
                field=".readable",
            ),
            rule(
                "self.type == 'apiKey' || !(has(self.header) || has(self.prefix))",
                "header and prefix belong to the type apiKey: remove them, or choose that type",
                field=".type",
            ),
        ]
    }


class WebhookTrigger(Resource):
    """Runs the flow for each request."""

    methods: list[Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]] = described(
        "HTTP methods that are taken; others are answered with 405.",
        default=["POST"],
        example=["POST", "PUT"],
        min_length=1,
        max_length=6,
        schema={"x-kubernetes-list-type": "set"},
    )
    security: Literal["required", "optional", "none"] = described(
        "Whether a request needs one of the instance's keys: required; optional (a wrong key is refused, none is not);"
        " none.",
        default="required",
        example="none",
    )
    parse: Parse = described(
        "How a request's body is read into trigger.body: auto, by its content type; text, bytes, json, csv (a list of maps"
        " by the names in its header, each value text) or xml (a map) whatever it is. A body that does not parse is"
        " answered with 400.",
        default="auto",
        example="csv",
    )


class ScheduleTrigger(Resource):
    """Runs the flow at times."""

    cron: str = described(
        "When, as five cron fields: minute, hour, day of the month, month, day of the week. Instances may override it.",
        example=CRON_EXAMPLE,
        min_length=1,
        max_length=128,
    )
    time_zone: str = described(
        "Time zone of the schedule, by its IANA name. Instances may override it.",
        default="Etc/UTC",
        example="Europe/Berlin",
        min_length=1,
        max_length=64,
    )
    overlap: Literal["allow", "skip"] = described(
        "What a tick does while an earlier execution of the flow has not ended: allow runs beside it, skip records the"
        " tick as skipped.",
        default="skip",
        example="allow",
    )


class TriggerSpec(Resource):
    """What starts a flow: exactly one of the members."""

    webhook: WebhookTrigger | None = described(
        "Requests to the flow's URL start it.",
        default=None,
        shown_default="not this trigger",
        example={"methods": ["POST"]},
    )
    schedule: ScheduleTrigger | None = described(
        "Times start it.", default=None, shown_default="not this trigger", example={"cron": CRON_EXAMPLE}
    )

    schema_extra: ClassVar[dict[str, Any]] = {
        RULES: [
            rule(
                exactly_one_of("self.webhook", "self.schedule"),
                "a flow has exactly one trigger: set webhook or schedule, and make a second flow for another one",
            )
        ]
    }


class Concurrency(Resource):
    """How many executions of a flow run at once."""

    limit: int = described("Executions of the flow that may run at once.", example=20, ge=1, le=10_000)
    when_full: Literal["queue", "reject"] = described(
        "What happens to a request above the limit: queue (first in, first out) or reject (answered with 429).",
        default="queue",
        example="reject",
    )


class DeduplicateBy(Resource):
    """Which requests are the same."""

    value: Annotated[str, Field(min_length=1, max_length=1024)] = described(
        "Text with `${…}` that tells requests apart; members of `trigger` and literals only, since the gateway evaluates"
        " it. Missing, null or empty: the request is not a repetition.",
        example="${trigger.body.id}",
    )
    window: Duration = described(
        "How long the same value is the same execution, from its acceptance; units d, h, m, s, ms.",
        default="24h",
        example="1h",
    )
    after_failure: Literal["again", "repeat"] = described(
        "What the same value does once its execution has failed, timed out or been cancelled: again (a new execution, which"
        " names the failed one) or repeat (the answer names the failed one).",
        default="again",
        example="repeat",
    )


class FlowDefinition(Resource):
    """One data flow."""

    name: str = described(
        "Name, unique in the Integration without regard to case: a lower-case letter, then letters and digits, 40 at most.",
        example="importOrder",
        pattern=FLOW_PATTERN,
        max_length=40,
        schema=matching(
            FLOW_PATTERN,
            "a flow's name is a lower-case letter, then letters and digits, 40 at most: write it as in importOrder",
        ),
    )
    description: str | None = described(
        "What the flow does, for readers.",
        default=None,
        shown_default="none",
        example="One order, from the shop's webhook.",
        max_length=1024,
    )
    trigger: TriggerSpec = described("What starts the flow.", example={"webhook": {"methods": ["POST"]}})
    concurrency: Concurrency | None = described(
        "Limit of executions at once.", default=None, shown_default="no limit", example={"limit": 20}
    )
    deduplicate_by: DeduplicateBy | None = described(
        "Recognises repeated requests.",
        default=None,
        shown_default="every request is an execution",
        example={"value": "${trigger.body.id}", "window": "24h"},
    )
    timeout: Duration = described(
        "Time limit of an execution, from its start; units d, h, m, s, ms; 24h at most.", default="1h", example="5m"
    )
    steps: list[Step] = described(
        "Steps, in order, at most 1000; each sees the results of those before it. Actions, variables, functions and limits are"
        f" in {REFERENCE}.",
        example=[{"name": "hello", "set": {"value": "Hello"}}],
        min_length=1,
        max_length=MAX_STEPS,
    )

    schema_extra: ClassVar[dict[str, Any]] = {
        RULES: [
            rule(
                "has(self.trigger.webhook) || !has(self.deduplicateBy)",
                "deduplicateBy compares requests: remove it, or use the webhook trigger",
                field=".deduplicateBy",
            )
        ]
    }


class IntegrationSpec(Resource):
    """What the Integration is."""

    version: Version = described(
        "Semantic version MAJOR.MINOR.PATCH, optionally with a lower-case pre-release. While it stays, only displayName"
        " and description may change.",
        example="1.4.0",
    )
    display_name: str | None = described(
        "Name for people.", default=None, shown_default="the object's name", example="Orders to ERP", max_length=128
    )
    description: str | None = described(
        "What the Integration does, for readers.",
        default=None,
        shown_default="none",
        example="Sends each new order to the customer's ERP.",
        max_length=4096,
    )
    config_variables: list[ConfigVariable] | None = described(
        "Values that each instance sets, at most 100.",
        default=None,
        shown_default="none",
        example=[{"name": "erpUrl", "type": "string", "required": True}],
        max_length=100,
        schema={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]},
    )
    connections: list[Connection] | None = described(
        "Other sides that steps sign in to, at most 20.",
        default=None,
        shown_default="none",
        example=[{"name": "erp", "type": "apiKey", "header": "X-Api-Key"}],
        max_length=20,
        schema={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]},
    )
    flows: list[FlowDefinition] = described(
        "Data flows, at most 20.",
        example=[
            {"name": "hello", "trigger": {"webhook": {}}, "steps": [{"name": "hello", "set": {"value": "Hello"}}]}
        ],
        min_length=1,
        max_length=MAX_FLOWS,
        schema={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]},
    )

    schema_extra: ClassVar[dict[str, Any]] = {
        RULES: [
            rule(
                "self.flows.all(f, self.flows.exists_one(g, g.name.lowerAscii() == f.name.lowerAscii()))",
                "flow names must differ in more than upper and lower case: rename one of them",
                field=".flows",
            ),
        ]
    }


class IntegrationStatus(Status):
    """What the operator found."""

    published_version: str | None = described(
        "Version that instances without a pin follow.", default=None, shown_default="none yet", example="1.4.0"
    )
    flows: int | None = described("Number of flows.", default=None, shown_default="not counted yet", example=3)


class IntegrationVersionSpec(Resource):
    """The snapshot; written by the operator, never changed."""

    integration: ResourceName = described("Name of the Integration.", example="orders-to-erp")
    version: Version = described("Version of it.", example="1.4.0")
    sha256: str = described(
        "Hash of the content without displayName and description, 64 hex digits.",
        example="9a0c…",
        pattern=r"^[0-9a-f]{64}$",
    )
    content: dict[str, Any] = described(
        "The Integration's spec as it was published.", example={"version": "1.4.0", "flows": []}
    )

    schema_extra: ClassVar[dict[str, Any]] = {
        RULES: [rule("self == oldSelf", "a snapshot does not change: publish a new version of the Integration instead")]
    }


class IntegrationVersionStatus(Status):
    """Who uses it."""

    instances: int | None = described(
        "Number of instances that run this version.", default=None, shown_default="not counted yet", example=12
    )
