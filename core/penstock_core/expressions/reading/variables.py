"""What the variables of expressions are, for people: the reference is written from this, and a test compares it with `scope`.

No program imports it: what may be named is said by `scope` alone.
"""

from typing import Any, Final, NamedTuple


class Variable(NamedTuple):
    """One variable or member; `type` in the words of the reference, `example` a value that it may have."""

    name: str
    type: str
    says: str
    example: Any


VARIABLES: Final = (
    Variable(
        "trigger.body",
        "any",
        "The request's body, read by its content type or as the trigger's `parse` says; null without a body, and for a schedule.",
        {"id": 1007},
    ),
    Variable(
        "trigger.bodyAll",
        "map of lists",
        "The fields of a form, each as a list, however often it came; null where the body is no form.",
        {"tag": ["new"]},
    ),
    Variable(
        "trigger.rawBody",
        "bytes",
        "The body's bytes as they came, null for a schedule: for checksums, and for handing a body on untouched.",
        b'{"id": 1007}',
    ),
    Variable(
        "trigger.contentType",
        "text",
        "The header `Content-Type` as it came, empty without one; null for a schedule.",
        "application/json",
    ),
    Variable(
        "trigger.headers",
        "map of text",
        "The request's headers by lower-case names; a repeated one is joined by commas."
        " What authenticates the caller (keys, cookies, signatures) is left out. Null for a schedule.",
        {"x-github-event": "issues"},
    ),
    Variable(
        "trigger.query",
        "map",
        "Parameters of the URL's query: text, or a list of text where a name came more than once (`trigger.queryAll` says which is wanted). Null for a schedule.",
        {"page": "2"},
    ),
    Variable(
        "trigger.queryAll",
        "map of lists",
        "The same, each as a list, however often it came. Null for a schedule.",
        {"page": ["2"]},
    ),
    Variable(
        "trigger.path",
        "text",
        "What follows the flow's name in the URL, without the slash; may be empty. Null for a schedule.",
        "orders/7",
    ),
    Variable("trigger.method", "text", "The request's method. Null for a schedule.", "POST"),
    Variable(
        "trigger.startedAt",
        "text",
        "When the request arrived; for a schedule the minute that it names, not the moment at which the Job began."
        " RFC 3339 in UTC.",
        "2026-01-15T09:30:00Z",
    ),
    Variable(
        "config.<name>",
        "as declared",
        "The Instance's value of a config variable, its default, or null.",
        "https://erp.example.com",
    ),
    Variable(
        "steps.<name>.output",
        "any",
        "What the step's action gave; null where it was skipped, failed without a result, or was not reached.",
        {"status": 200},
    ),
    Variable("steps.<name>.extracted", "map", "The values of its `extract`, null without them.", {"erpId": "K-70003"}),
    Variable(
        "steps.<name>.status",
        "text",
        "`passed`, `failed`, `timed_out`, `cancelled` or `skipped` (its `if` did not hold); null where it was not reached.",
        "passed",
    ),
    Variable(
        "steps.<name>.error",
        "map",
        "Of a step that failed (and has `onError: continue`): `code`, `type` (the same), `message`, `status`"
        " (of HTTP, else 0), `details`; else null.",
        {"code": "http_status", "status": 422},
    ),
    Variable("steps.<name>.attempts", "integer", "How often it was attempted; 0 where it was skipped.", 1),
    Variable(
        "item", "any", "Inside forEach: the item at hand; of loops inside one another, the inner one's.", {"sku": "A-1"}
    ),
    Variable("index", "integer", "Inside forEach: the item's place in the list, counted from 0.", 0),
    Variable("output", "any", "In `assert` alone: the output of the step itself.", {"status": 200}),
    Variable(
        "error",
        "map",
        "In `retry.when` alone: the failure at hand, with `code`, `type`, `message`, `status` and `details`"
        " (of an answer with `Retry-After`: `details.retryAfter`, in seconds).",
        {"code": "http_status", "status": 503},
    ),
    Variable(
        "execution.id",
        "text",
        "The execution's id, as in lists, links and the REST API.",
        "0198c5a2-7e5d-7c33-9d0a-3f1b2c4d5e6f",
    ),
    Variable("execution.attempt", "integer", "Always 1: executions are not repeated as a whole.", 1),
    Variable("execution.startedAt", "text", "When it started to run, RFC 3339 in UTC.", "2026-01-15T09:30:01.250Z"),
    Variable("instance.name", "text", "Name of the Instance.", "acme-orders"),
    Variable("instance.namespace", "text", "Its namespace.", "acme"),
    Variable("instance.customer.id", "text", "The customer's id.", "acme"),
    Variable("instance.customer.name", "text", "The customer's name, its id without one.", "ACME GmbH"),
    Variable("instance.labels", "map of text", "The Instance's labels.", {"tier": "gold"}),
    Variable("flow.name", "text", "Name of the flow.", "importOrder"),
    Variable(
        "flow.urls",
        "map of text",
        "The addresses of the Instance's webhooks, by the flows' names.",
        {"importOrder": "https://hooks.example.com/hooks/acme/acme-orders/importOrder"},
    ),
)
