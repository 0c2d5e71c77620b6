"""The requests whose answers are kept, byte for byte: each route and each way to be refused, over a restored database.

A group is asked in its order of one gateway with one database of its own. An answer's name is that of its file.
"""

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlencode

from dumps import DAY, identifier
from gateway_stand import INSTANCE, KEY, TENANT

EXECUTION = "<execution>"
"""In a target: the id of the execution that was accepted last."""
SIGNING_SECRET = b"It's a Secret to Everybody"
ABSENT = "019cae6c-5060-7000-8000-0000000000ff"
WHOLE, RETRIED, ERRORS, TIMED_OUT, CANCELLED, CANCELLED_RUNNING, LOST, ODD = (
    str(identifier(number)) for number in range(1, 9)
)
MISSED, RUNNING, STARTING, QUEUED, FOREIGN = (str(identifier(number)) for number in (13, 20, 23, 25, 30))
UNPARTITIONED = str(identifier(42, at=DAY + timedelta(days=60)))
API = "/api/v1/executions"
MSGPACK = "application/msgpack"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request; `raw`, where it is set, is what goes over the wire instead."""

    name: str
    method: str = "GET"
    target: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    raw: bytes = b""

    def message(self) -> bytes:
        """The bytes of the request, of one that closes its connection."""
        if self.raw:
            return self.raw
        headers = {"Host": "hooks.example", "Connection": "close", **self.headers}
        if self.body and "Content-Length" not in headers:
            headers["Content-Length"] = str(len(self.body))
        lines = [f"{self.method} {self.target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join([*lines, "", ""]).encode() + self.body


def _get(
    name: str, target: str, token: str = "insider", /, *, accept: str = "", method: str = "GET", **query: str
) -> Exchange:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    if accept:
        headers["Accept"] = accept
    asked = urlencode({key.rstrip("_"): value for key, value in query.items()})
    return Exchange(name=name, method=method, target=f"{target}?{asked}" if asked else target, headers=headers)


def _value(
    name: str, execution: str, step: str, /, *, token: str = "insider", accept: str = "", **query: str
) -> Exchange:
    """`step` is `path/attempts/number/side`."""
    return _get(name, f"{API}/{execution}/steps/{step}", token, accept=accept, **query)


LISTS = (
    _get("list", API),
    _get("list-without-data", API, "viewer"),
    _get("list-everything", API, "admin"),
    _get("list-namespace", API, namespace=TENANT, limit="3"),
    _get("list-second-page", API, namespace=TENANT, limit="3", cursor=STARTING),
    _get("list-last-page", API, namespace=TENANT, limit="3", cursor=RETRIED),
    _get("list-instance", API, instance=INSTANCE, limit="2"),
    _get("list-instance-unknown", API, instance="Acme-orders"),
    _get("list-flow", API, flow="nightly"),
    _get("list-customer", API, customer="acme", limit="1"),
    _get("list-customer-unknown", API, customer="nobody"),
    _get("list-trigger", API, trigger="schedule"),
    _get("list-manual", API, trigger="manual"),
    _get("list-from", API, from_="2026-03-03T00:00:00Z"),
    _get("list-to", API, to="2026-03-02T01:00:00+01:00"),
    _get("list-fields", API, fields="id,status, error", limit="4"),
    *(
        _get(f"list-status-{status}", API, status=status, fields="id,status")
        for status in ("queued", "starting", "running", "passed", "failed", "completed_with_errors", "cancelled")
    ),
    _get("list-status-several", f"{API}?status=timed_out&status=skipped&fields=id,status"),
    _get("list-all-filters", API, namespace=TENANT, instance=INSTANCE, flow="importOrder", customer="acme",
         status="failed", trigger="webhook", from_="2026-03-02T00:00:00Z", to="2026-03-03T00:00:00Z"),
    _get("list-other-namespace", API, "admin", namespace="globex"),
    _get("list-head", API, method="HEAD"),
)  # fmt: skip
LIST_REFUSALS = (
    _get("list-namespace-forbidden", API, namespace="globex"),
    _get("list-nothing-allowed", API, "stranger"),
    _get("list-unknown-parameter", API, isReplay="true"),
    _get("list-limit-too-small", API, limit="0"),
    _get("list-limit-too-large", API, limit="501"),
    _get("list-limit-no-number", API, limit="many"),
    _get("list-status-unknown", API, status="broken"),
    _get("list-trigger-unknown", API, trigger="mail"),
    _get("list-cursor-unknown", API, cursor="nonsense"),
    _get("list-fields-unknown", API, fields="id,payload"),
    _get("list-from-no-time", API, from_="yesterday"),
    _get("list-from-without-zone", API, from_="2026-03-02T00:00:00"),
    _get("list-from-too-early", API, from_="1960-01-01T00:00:00Z"),
    _get("list-nul", f"{API}?flow=a%00b"),
    _get("list-name-too-long", API, flow="x" * 254),
    _get("list-several-faults", API, limit="0", status="broken"),
    _get("token-required", API, ""),
    Exchange(name="token-of-another-scheme", target=API, headers={"Authorization": "Basic abc"}),
    _get("token-refused", API, "forged"),
    _get("method-not-allowed", API, method="POST"),
    _get("method-not-allowed-of-one", f"{API}/{WHOLE}", method="DELETE"),
)
DETAILS = (
    *(
        _get(f"execution-{name}", f"{API}/{execution}", include="steps")
        for name, execution in {
            "passed": WHOLE, "failed": RETRIED, "completed-with-errors": ERRORS, "timed-out": TIMED_OUT,
            "cancelled": CANCELLED, "cancelled-running": CANCELLED_RUNNING, "lost": LOST, "odd": ODD, "missed": MISSED,
            "running": RUNNING, "starting": STARTING, "queued": QUEUED, "unpartitioned": UNPARTITIONED,
        }.items()
    ),
    _get("execution-alone", f"{API}/{RUNNING}"),
    _get("execution-without-data", f"{API}/{RUNNING}", "viewer", include="steps"),
    _get("execution-upper-case", f"{API}/{RUNNING.upper()}"),
    _get("execution-head", f"{API}/{RUNNING}", method="HEAD"),
    _get("execution-steps-page", f"{API}/{RUNNING}", include="steps", stepsLimit="2"),
    _get("execution-foreign", f"{API}/{FOREIGN}"),
    _get("execution-of-stranger", f"{API}/{WHOLE}", "stranger"),
    _get("execution-absent", f"{API}/{ABSENT}"),
    _get("execution-no-id", f"{API}/one"),
    _get("execution-include-unknown", f"{API}/{WHOLE}", include="logs"),
    _get("execution-parameter-unknown", f"{API}/{WHOLE}", namespace=TENANT),
    _get("execution-steps-limit", f"{API}/{WHOLE}", include="steps", stepsLimit="5001"),
    _get("execution-steps-cursor-unknown", f"{API}/{WHOLE}", include="steps", stepsCursor="nonsense"),
)  # fmt: skip
VALUES = (
    _value("value", WHOLE, "price/attempts/1/output"),
    _value("value-part", WHOLE, "price/attempts/1/output", path="rows[299].id"),
    _value("value-cut", WHOLE, "price/attempts/1/output", maxBytes="300"),
    _value("value-msgpack", WHOLE, "price/attempts/1/output", accept=MSGPACK),
    _value("value-msgpack-among-others", WHOLE, "order/attempts/1/output", accept=f"{MSGPACK}, application/json"),
    _value("value-nested", WHOLE, "lines/0/push/attempts/1/output"),
    _value("value-nested-encoded", WHOLE, "lines%2F0%2Fpush/attempts/1/output"),
    _value("value-quoted-path", ODD, "keys/attempts/1/output", path='["a b"]'),
    _value("value-keys", ODD, "keys/attempts/1/output"),
    _value("value-cut-when-stored", ODD, "cut/attempts/1/output"),
    _value("value-cut-when-stored-msgpack", ODD, "cut/attempts/1/output", accept=MSGPACK),
    _value("value-of-millions", ODD, "huge/attempts/1/output", maxBytes="64"),
    _value("value-input", RUNNING, "send/attempts/1/input"),
    _value("value-assertions", RUNNING, "send/attempts/1/assertions"),
    _value("value-extracted", RUNNING, "order/attempts/1/extracted"),
    _value("value-error", RUNNING, "send/attempts/1/error"),
    _value("value-second-attempt", RETRIED, "valid/attempts/2/error"),
    _value("value-metadata", WHOLE, "sized/attempts/1/output"),
    _value("value-damaged", ODD, "damaged/attempts/1/output"),
    _value("value-damaged-msgpack", ODD, "damaged/attempts/1/output", accept=MSGPACK),
    _value("value-too-deep", ODD, "deep/attempts/1/output"),
    _value("value-too-deep-part", ODD, "deep/attempts/1/output", path="[0]" * 250),
    _value("value-too-much-before", ODD, "huge/attempts/1/output", path="[11999999]"),
    _value("value-path-absent", WHOLE, "price/attempts/1/output", path="rows[300]"),
    _value("value-path-malformed", WHOLE, "price/attempts/1/output", path="rows[x"),
    _value("value-max-bytes-too-small", WHOLE, "price/attempts/1/output", maxBytes="63"),
    _value("value-parameter-unknown", WHOLE, "price/attempts/1/output", limit="1"),
    _value("value-side-unknown", WHOLE, "price/attempts/1/logs"),
    _value("value-step-unknown", WHOLE, "none/attempts/1/output"),
    _value("value-attempt-zero", WHOLE, "price/attempts/0/output"),
    _value("value-attempt-no-number", WHOLE, "price/attempts/first/output"),
    _value("value-without-right", WHOLE, "price/attempts/1/output", token="viewer"),
    _value("value-of-stranger", WHOLE, "price/attempts/1/output", token="stranger"),
    _get("trigger", f"{API}/{WHOLE}/trigger"),
    _get("trigger-part", f"{API}/{WHOLE}/trigger", path="query.b[1]"),
    _get("trigger-msgpack", f"{API}/{WHOLE}/trigger", accept=MSGPACK),
    _get("trigger-head", f"{API}/{WHOLE}/trigger", method="HEAD"),
    _get("trigger-of-none", f"{API}/{MISSED}/trigger"),
    _get("trigger-without-right", f"{API}/{WHOLE}/trigger", "viewer"),
    _get("definition", f"{API}/{WHOLE}/definition"),
    _get("definition-part", f"{API}/{WHOLE}/definition", path="instance.customer"),
    _get("definition-of-none", f"{API}/{ABSENT}/definition"),
)
OTHERS = (
    _get("openapi", "/api/openapi.json", ""),
    _get("healthz", "/healthz", ""),
    _get("healthz-head", "/healthz", "", method="HEAD"),
    _get("healthz-post", "/healthz", "", method="POST"),
    _get("readyz", "/readyz", ""),
    _get("no-metrics", "/metrics", ""),
    *(
        _get(f"no-such-path-{number}", path)
        for number, path in enumerate(("/", "/api", "/api/v1/nothing", "/hooks", f"{API}/", "/docs", "/api/"), 1)
    ),
    Exchange(name="no-http", raw=b"HELLO\r\n\r\n"),
    Exchange(name="head-too-large", raw=b"GET / HTTP/1.1\r\nX-Long: " + b"x" * 70_000 + b"\r\n\r\n"),
)

HOOKS = f"/hooks/{TENANT}/{INSTANCE}"


def _post(
    name: str,
    flow: str = "importOrder",
    /,
    body: bytes = b"{}",
    *,
    key: str | None = KEY,
    method: str = "POST",
    **headers: str,
) -> Exchange:
    """A webhook's request; in names of headers `_` stands for `-`."""
    given = {} if key is None else {"Api-Key": key}
    given |= {header.replace("_", "-"): value for header, value in headers.items()}
    return Exchange(name=name, method=method, target=f"{HOOKS}/{flow}", headers=given, body=body)


def _signed(name: str, signature: str, body: bytes = b"Hello, World!", **headers: str) -> Exchange:
    given = {"X-Hub-Signature-256": signature} if signature else {}
    given |= {header.replace("_", "-"): value for header, value in headers.items()}
    target = f"/hooks/{TENANT}/signed-orders/importOrder"
    return Exchange(name=name, method="POST", target=target, headers=given, body=body)


_RIGHT = "sha256=" + hmac.new(SIGNING_SECRET, b"Hello, World!", hashlib.sha256).hexdigest()

ACCEPTED = (
    _post("accepted", "importOrder/orders/7?a=1&b=2&b=3&c=", body=b'{"id": "\xc3\xa9"}', Content_Type="application/json; charset=utf-8",
          X_Id="7", Cookie="c=1", X_Api_Key="secret", User_Agent="shop/1"),
    _get("accepted-trigger", f"{API}/{EXECUTION}/trigger"),
    _get("accepted-definition", f"{API}/{EXECUTION}/definition"),
    _post("accepted-by-bearer", key=None, Authorization=f"Bearer {KEY}"),
    _post("accepted-without-body", body=b""),
    _post("accepted-text", body=b"\xff\xfe", Content_Type="text/plain; charset=latin-1"),
    _post("accepted-form", body=b"a=1&a=2&b=%C3%A9", Content_Type="application/x-www-form-urlencoded"),
    _get("accepted-form-trigger", f"{API}/{EXECUTION}/trigger"),
    _post("accepted-without-security", "open", key=None),
    _post("accepted-optional-security", "optional", key=None),
    _post("accepted-by-get", "read", body=b"", method="GET"),
    _post("accepted-while-paused", "waiting"),
    _signed("accepted-signed", _RIGHT),
    _signed("accepted-wrong-signature-right-key", "sha256=00", Api_Key=KEY),
    _post("deduplicated-first", "audit", body=b'{"id": 7}', Content_Type="application/json"),
    _post("deduplicated-second", "audit", body=b'{"id": 7, "more": true}', Content_Type="application/json"),
    _post("deduplicated-without-value", "audit", body=b"{}", Content_Type="application/json"),
    _post("repeat-of-recorded", body=b'{"a":1}', Idempotency_Key="order-1"),
    _post("repeat-of-recorded-webhook-id", body=b"{}", webhook_id="msg_2"),
    _post("repeat-of-webhook-id-with-another-body", body=b"other", webhook_id="msg_2"),
    _post("key-reused", body=b'{"a":2}', Idempotency_Key="order-1"),
    _post("limit-first", "few", Idempotency_Key="few-1"),
    _post("limit-reached", "few"),
    _post("limit-repeat", "few", Idempotency_Key="few-1"),
)  # fmt: skip
WEBHOOK_REFUSALS = (
    _post("no-such-flow", "importorder"),
    Exchange(name="no-such-namespace", method="POST", target=f"/hooks/Acme/{INSTANCE}/importOrder"),
    Exchange(name="no-flow", method="POST", target=HOOKS),
    _post("no-webhook", "poll"),
    _post("method-not-allowed", method="PUT"),
    _post("method-not-allowed-of-several", "read", method="DELETE"),
    _post("too-large", body=b"", Content_Length="10485761"),
    _post("content-length-no-number", body=b"", Content_Length="many"),
    _post("key-required", key=None),
    _post("key-of-another-scheme", key=None, Authorization="Basic abc"),
    _post("key-unknown", key="wrong"),
    _post("key-unknown-where-optional", "optional", key="wrong"),
    Exchange(name="keys-pending", method="POST", target=f"/hooks/{TENANT}/new-orders/importOrder", headers={"Api-Key": "k"}),
    _signed("signature-wrong", _RIGHT, b"Hello, World?"),
    _signed("signature-malformed", "sha256="),
    _signed("signature-required", ""),
    _signed("signature-absent-key-unknown", "", Api_Key="wrong"),
    _post("malformed-json", body=b'{"a": 1,\n "b" 2}', Content_Type="application/json"),
    _post("malformed-json-no-text", body=b"\xff\xfe\x00", Content_Type="application/json"),
    _post("malformed-charset", body=b"\xff", Content_Type="application/json; charset=utf-8"),
    _post("malformed-multipart", body=b"--x", Content_Type="multipart/form-data"),
    _post("malformed-query", "importOrder?" + "&".join(f"a{number}=1" for number in range(1001))),
    _post("paused", "paused", Content_Type="application/json"),
    _post("paused-with-key", "paused", Idempotency_Key="new"),
)  # fmt: skip
PROBES = (
    _get("healthz", "/healthz", ""),
    _get("healthz-head", "/healthz", "", method="HEAD"),
    _get("readyz", "/readyz", ""),
    _get("metrics", "/metrics", ""),
    _get("no-webhook", "/hooks/acme/acme-orders/importOrder", "", method="POST"),
    _get("no-api", API, ""),
)
"""What is asked of the port of probes and metrics."""
AWAY = (
    _get("list", API),
    _get("execution", f"{API}/{WHOLE}"),
    _post("webhook"),
)
GROUPS: dict[str, tuple[Exchange, ...]] = {
    "api": (*LISTS, *LIST_REFUSALS, *DETAILS, *VALUES, *OTHERS),
    "hooks": (*WEBHOOK_REFUSALS, *ACCEPTED),
    "database-away": AWAY,
    "cluster-away": AWAY[:3],
    "probes": PROBES,
    "probes-database-away": PROBES[2:3],
}
