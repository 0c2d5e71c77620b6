"""Every problem that the gateway answers with, in one table (RFC 9457, application/problem+json).

Exception
├── Problem          raised anywhere on a request's way, rendered at its edge; `kind` is a row of the table below
└── Disconnected     the caller went away before its request was complete; nobody is left to answer
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemKind:
    """One row: `slug` makes the stable type, `status` and `title` are the same for every occurrence."""

    slug: str
    status: int
    title: str
    retry_after: int | None = None
    """Seconds for `Retry-After`, where trying again helps."""

    @property
    def type(self) -> str:
        """The URI that clients compare."""
        return f"urn:penstock:problem:{self.slug}"


def _kind(slug: str, status: int, title: str, retry_after: int | None = None) -> ProblemKind:
    return ProblemKind(slug=slug, status=status, title=title, retry_after=retry_after)


NO_SUCH_PATH: Final = _kind("no-such-path", 404, "There is nothing at this path")
NO_SUCH_WEBHOOK: Final = _kind("no-such-webhook", 404, "There is no such webhook")
NO_SUCH_EXECUTION: Final = _kind("no-such-execution", 404, "There is no such execution")
ALREADY_ENDED: Final = _kind("already-ended", 409, "The execution has ended already")
NO_SUCH_VALUE: Final = _kind("no-such-value", 404, "There is no such value")
METHOD_NOT_ALLOWED: Final = _kind("method-not-allowed", 405, "The method is not allowed here")
REQUEST_TOO_SLOW: Final = _kind("request-too-slow", 408, "The request took too long to arrive")
BODY_TOO_LARGE: Final = _kind("body-too-large", 413, "The body is too large")
UNKNOWN_ENCODING: Final = _kind("unknown-content-encoding", 415, "The Content-Encoding is not understood")
KEY_REQUIRED: Final = _kind("key-required", 401, "A right key or signature is required")
KEYS_PENDING: Final = _kind("keys-pending", 503, "The instance's keys are not known yet", 5)
MALFORMED_BODY: Final = _kind("malformed-body", 400, "The body does not parse")
MALFORMED_REQUEST: Final = _kind("malformed-request", 400, "The request cannot be understood")
KEY_REUSED: Final = _kind("idempotency-key-reused", 422, "The idempotency key came with another body before")
TOO_DEEP: Final = _kind("too-deep", 422, "The value is nested too deep to be shown as JSON")
VALUE_TOO_LARGE: Final = _kind("value-too-large", 422, "The value is too large to be shown")
VALUE_DAMAGED: Final = _kind("value-damaged", 422, "The stored value cannot be read")
PAUSED: Final = _kind("instance-paused", 503, "The instance is paused", 60)
AT_LIMIT: Final = _kind("flow-at-limit", 429, "The flow is at its limit", 5)
DATABASE_UNAVAILABLE: Final = _kind("database-unavailable", 503, "The database does not answer", 5)
OVERLOADED: Final = _kind("overloaded", 503, "Too many requests are in progress", 2)
CLUSTER_UNAVAILABLE: Final = _kind("cluster-unavailable", 503, "Permissions cannot be checked now", 5)
TOKEN_REQUIRED: Final = _kind("token-required", 401, "A token is required")
TOKEN_REFUSED: Final = _kind("token-refused", 401, "The token was not accepted")
NOT_PERMITTED: Final = _kind("not-permitted", 403, "This needs a permission that you do not have")
DEFECT: Final = _kind("internal-error", 500, "Something went wrong in the gateway")


class Problem(Exception):
    """A request that cannot be served; `detail` says what happened and what to do, `members` are added to the JSON."""

    def __init__(
        self,
        kind: ProblemKind,
        detail: str,
        *,
        headers: Sequence[tuple[str, str]] = (),
        members: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{kind.slug}: {detail}")
        self.kind = kind
        self.detail = detail
        self.headers = headers
        self.members = members or {}

    def render(self) -> tuple[int, Headers, bytes]:
        """Status, headers and body of the answer."""
        kind = self.kind
        value = {"type": kind.type, "title": kind.title, "status": kind.status, "detail": self.detail, **self.members}
        body = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
        headers = [(b"content-type", b"application/problem+json"), (b"content-length", b"%d" % len(body))]
        if kind.retry_after is not None:
            headers.append((b"retry-after", b"%d" % kind.retry_after))
        headers += [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in self.headers]
        return kind.status, headers, body


class Disconnected(Exception):
    """The caller went away before its request was complete."""


def database_unavailable() -> Problem:
    """The database is away, slow or not configured yet; nothing was acknowledged."""
    return Problem(
        DATABASE_UNAVAILABLE,
        "The database did not answer in time. Nothing was accepted; send the request again, with the same Idempotency-Key if you use one.",
    )


def read_unavailable() -> Problem:
    """As `database_unavailable`, for a request that only reads."""
    return Problem(DATABASE_UNAVAILABLE, "The database did not answer in time. Send the request again.")


def defect() -> Problem:
    """An exception that nobody foresaw; its text stays in the log."""
    return Problem(
        DEFECT,
        "The gateway's log has the cause. The request may be sent again, a webhook with the same Idempotency-Key.",
    )
