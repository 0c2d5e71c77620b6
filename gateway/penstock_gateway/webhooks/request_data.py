"""From a request to what is stored of it: trigger data, the delivery's identity, warnings. Pure, so it may run in a thread.

What authenticates a caller is never stored: credentials, cookies and signatures are left out of the headers.
Text without a charset of its own (path, query, headers) is UTF-8, else windows-1252, and the execution has a warning.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from penstock_core import body, codec
from penstock_core.body.bounds import MOST
from penstock_core.errors import BodyError
from penstock_core.masking.headers import is_credential
from penstock_core.store.executions.model import IdempotencyKey, KeyKind
from penstock_gateway.acceptance.acceptor import Prepared
from penstock_gateway.flows import Deduplication
from penstock_gateway.problems import MALFORMED_BODY, MALFORMED_REQUEST, Problem
from penstock_gateway.webhooks.signatures import Proof

DAY_SECONDS: Final = 86_400
MAX_QUERY_FIELDS: Final = 1_000
_ENVELOPE_BYTES: Final = 1024 * 1024
"""Room beside the body for headers, query and path: they never make the body be cut."""

_MAX_WARNINGS: Final = 20
_OF_ENCODING: Final = frozenset({b"content-encoding", b"content-length"})
"""Headers that are of a body as it was sent, and not of what it was decoded to."""

_REMEMBERED_BYTES: Final = 64
"""Longer names are judged anew each time: callers make them up, and memory is for those that come again."""

_UNSIGNED: Final[tuple[tuple[KeyKind, bytes], ...]] = (
    ("idempotency-key", b"idempotency-key"),
    ("webhook-id", b"webhook-id"),
)
"""Identities that a sender gives, and anybody else can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What of a request is looked at: `path` is what follows the flow's name, without the slash."""

    method: str
    path: str
    query_string: bytes
    headers: Iterable[tuple[bytes, bytes]]
    lookup: dict[bytes, bytes]
    """The headers by lower-case name, the first of each."""
    raw: bytes
    """The body without its Content-Encoding."""
    is_decoded: bool = False
    """Whether it had one."""
    how: str = "auto"
    """What the flow's trigger says of reading it: one of `body.WAYS`."""
    warnings: tuple[str, ...] = ()
    """Of what was read before."""
    signature_headers: frozenset[bytes] = frozenset()
    """The headers that this instance's requests are signed in, in lower case."""
    proof: Proof | None = None
    """What the request's signature says, None where it has none that counts."""


def prepare(request: Request, deduplication: Deduplication | None) -> Prepared:
    """Parse, find the idempotency key and pack; raises the 400 for a body or a query that does not parse."""
    content_type = body.read(request.lookup.get(b"content-type", b""), "").text
    parsed = _parse(request, content_type)
    headers = _read_headers(request)
    query, of_query = query_values(request.query_string)
    data = {
        "headers": headers.values,
        "query": query,
        "path": request.path,
        "method": request.method,
        "contentType": content_type,
        "rawBody": request.raw,
        "startedAt": rfc3339_now(),
    }
    if request.how != "auto":
        data["parse"] = request.how
    key, of_key = identity(request, deduplication, trigger=data | _derived(parsed.value, data))
    warnings = (*request.warnings, *headers.warnings, *of_query, *parsed.warnings)[:_MAX_WARNINGS]
    del parsed  # the value takes many times the memory of its bytes, which are what is kept
    packed = codec.pack(data, limit=len(request.raw) + _ENVELOPE_BYTES)
    return Prepared(
        payload=packed.data,
        idempotency=key,
        guard=guard(request),
        warnings=(*packed.warnings, *warnings, *of_key),
    )


def _derived(value: Any, data: dict[str, Any]) -> dict[str, Any]:
    """The members of the trigger that are made of the stored ones; the runner makes them, too."""
    return {
        "body": value,
        "bodyAll": body.fields_of(value, data["contentType"], how=data.get("parse", "auto")),
        "queryAll": body.every(data["query"]),
    }


def identity(
    request: Request, deduplication: Deduplication | None, *, trigger: dict[str, Any]
) -> tuple[IdempotencyKey | None, tuple[str, ...]]:
    """What makes two requests the same delivery, and warnings: signed before unsigned, so that nobody between changes it.

    1. the delivery's id, where it is signed
    2. `deduplicateBy` over a signed body
    3. `Idempotency-Key`, `webhook-id`, `deduplicateBy`: the first that is there
    """
    if request.proof and request.proof.identifier:
        return _key(request, "signed-id", request.proof.identifier), ()
    if request.proof and deduplication and deduplication.value.is_of_body:
        same = _same(request, deduplication, trigger)
        if same is not None:
            return same, ()
    for kind, header in _UNSIGNED:
        given = request.lookup.get(header)
        if given:
            return _key(request, kind, given.decode("latin-1")), ()
    if deduplication is None:
        return None, ()
    same = _same(request, deduplication, trigger)
    if same is None:
        return None, ("deduplicateBy gave no value for this request: it was not compared with earlier ones",)
    return same, ()


def guard(request: Request) -> IdempotencyKey | None:
    """What makes a signed request the same as one that was sent again as it was, whatever unsigned headers came with it."""
    if request.proof is None or not request.proof.content:
        return None
    return _key(request, "signature", request.proof.content, seconds=request.proof.seconds)


def _same(request: Request, deduplication: Deduplication, trigger: dict[str, Any]) -> IdempotencyKey | None:
    value = deduplication.value.evaluate(trigger)
    if not value:
        return None
    seconds, again = deduplication.window_seconds, deduplication.again
    return _key(request, "deduplicate-by", value, seconds=seconds, again=again)


def _key(
    request: Request, kind: KeyKind, key: str, *, seconds: int = DAY_SECONDS, again: bool = False
) -> IdempotencyKey:
    digest = hashlib.sha256(request.raw).digest()
    return IdempotencyKey(kind=kind, key=key, body_sha256=digest, window_seconds=seconds, again=again)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredHeaders:
    """Headers by lower-case name, and warnings."""

    values: dict[str, str]
    warnings: tuple[str, ...] = ()


def stored_headers(headers: Iterable[tuple[bytes, bytes]], *, without: frozenset[bytes] = frozenset()) -> StoredHeaders:
    """Headers without secret ones and `without`; repeated ones joined by comma, as HTTP allows."""
    stored: dict[str, str] = {}
    warnings: list[str] = []
    for raw_name, value in headers:
        name = _stored_name(raw_name)
        if name and raw_name.lower() not in without:
            text, warned = body.read(value, "", what=f"the header {name[:40]}")
            stored[name] = f"{stored[name]}, {text}" if name in stored else text
            warnings += warned
    return StoredHeaders(values=stored, warnings=tuple(warnings))


def _read_headers(request: Request) -> StoredHeaders:
    of_encoding = _OF_ENCODING if request.is_decoded else frozenset()
    return stored_headers(request.headers, without=request.signature_headers | of_encoding)


def query_values(query_string: bytes) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Query parameters, those that are repeated as lists, in the order sent; and warnings. Raises the 400."""
    if not query_string:
        return {}, ()
    if query_string.count(b"&") >= MAX_QUERY_FIELDS:
        raise Problem(MALFORMED_REQUEST, f"The query has more than {MAX_QUERY_FIELDS} parameters.")
    from penstock_core.body import form

    try:
        return form.parse(query_string, "", max_fields=MAX_QUERY_FIELDS, what="the query")
    except BodyError as error:
        raise Problem(MALFORMED_REQUEST, f"{_sentence(error)}.") from error


def path_text(path: str, raw_path: bytes) -> body.Text:
    """What follows the flow's name in a path, and warnings; `path` as the server decoded it, `raw_path` as it came.

    The server writes U+FFFD for what is not UTF-8.
    """
    parts = path.split("/", 5)
    if len(parts) < 6:
        return body.Text("")
    if "\ufffd" not in parts[5]:
        return body.Text(parts[5])
    return body.read(unquote_to_bytes(raw_path).split(b"/", 5)[5], "", what="the path")


def rfc3339_now() -> str:
    """Now, in UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _parse(request: Request, content_type: str) -> body.Parsed:
    try:
        return body.parse(request.raw, content_type, how=request.how, structure=MOST)
    except BodyError as error:
        place = {"line": error.line, "column": error.column} if error.line else {}
        cure = "Correct the body, or send another Content-Type."
        if request.how != "auto":
            cure = f"Correct the body: this webhook reads every body as {request.how}."
        problem = Problem(MALFORMED_BODY, f"{_sentence(error)}. {cure}", members=place)
    # not from the error, which holds the body's text: a future keeps what is raised until garbage is collected
    raise problem


def _sentence(error: BodyError) -> str:
    text = str(error)
    return text[:1].upper() + text[1:]


def _stored_name(name: bytes) -> str:
    """The name under which a header is stored; '' where it is not."""
    return _remembered(name) if len(name) <= _REMEMBERED_BYTES else _judged(name)


def _judged(name: bytes) -> str:
    lower = name.lower().decode("latin-1")
    return "" if is_credential(lower) else lower


_remembered = lru_cache(maxsize=1024)(_judged)
