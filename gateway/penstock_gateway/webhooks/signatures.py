"""Signed requests: each sender's public way of signing, in one table, and the check of a signature over the raw body.

| preset | header | signature | signed text |
|---|---|---|---|
| github | X-Hub-Signature-256 | `sha256=` and hex | body |
| shopify | X-Shopify-Hmac-Sha256 | base64 | body |
| slack | X-Slack-Signature | `v0=` and hex | `v0:<X-Slack-Request-Timestamp>:<body>` |
| stripe | Stripe-Signature: `t=<time>,v1=<signature>,…` | `v1=` and hex | `<time>.<body>` |
| standard-webhooks | webhook-signature: `v1,<signature> …` | `v1,` and base64 | `<webhook-id>.<webhook-timestamp>.<body>` |
| generic | as the Instance says | as the Instance says | `<time>.<body>` with a time stamp header, else the body |

All are HMACs, of SHA-256 except where a generic one says otherwise; time stamps are seconds since 1970.
Pure: the time comes in.
"""

import base64
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

TOLERANCE_SECONDS: Final = 300
"""How far a preset's time stamp may be off, both ways: what these senders' own libraries allow."""
_MAX_TIMESTAMP_DIGITS: Final = 12


class Judgement(StrEnum):
    """What can be said of a request's signature."""

    ABSENT = "absent"
    """No header for it: the request may have a key instead."""
    OUT_OF_TIME = "out_of_time"
    WRONG = "wrong"
    RIGHT = "right"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """A way of signing; header names in lower case, "" or b"" where there is none."""

    header: str
    prefix: bytes = b""
    separators: bytes = b""
    """What stands between the parts of the header; a signature is a part that begins with `prefix`."""
    algorithm: str = "sha256"
    encoding: str = "hex"
    version: bytes = b""
    identifier_header: str = ""
    timestamp_header: str = ""
    timestamp_prefix: bytes = b""
    """Where the time is a part of the signature's header."""
    joiner: bytes = b"."
    tolerance_seconds: int = TOLERANCE_SECONDS


PRESETS: Final[Mapping[str, Scheme]] = {
    "github": Scheme(header="x-hub-signature-256", prefix=b"sha256="),
    "shopify": Scheme(header="x-shopify-hmac-sha256", encoding="base64"),
    "slack": Scheme(
        header="x-slack-signature",
        prefix=b"v0=",
        version=b"v0",
        timestamp_header="x-slack-request-timestamp",
        joiner=b":",
    ),
    "stripe": Scheme(header="stripe-signature", prefix=b"v1=", separators=b",", timestamp_prefix=b"t="),
    "standard-webhooks": Scheme(
        header="webhook-signature",
        prefix=b"v1,",
        separators=b" ",
        encoding="base64",
        identifier_header="webhook-id",
        timestamp_header="webhook-timestamp",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedHeaders:
    """What a request's headers say: the signatures in them, and what is signed before the body."""

    signatures: tuple[bytes, ...]
    preamble: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """How one instance's requests are signed."""

    scheme: Scheme
    key: bytes = field(repr=False)

    def read(self, headers: Mapping[bytes, bytes], *, now: float) -> SignedHeaders | Judgement:
        """What can be decided before the body: absent, out of time or wrong, else what is to be checked with it.

        `headers` by lower-case name; `now` in seconds since 1970.
        """
        scheme = self.scheme
        value = headers.get(scheme.header.encode())
        if value is None:
            return Judgement.ABSENT
        parts = _parts(value, scheme.separators)
        signatures = tuple(
            part.removeprefix(scheme.prefix)
            for part in parts
            if part.startswith(scheme.prefix) and part != scheme.prefix
        )
        signed: list[bytes] = [scheme.version] if scheme.version else []
        if scheme.identifier_header:
            signed.append(headers.get(scheme.identifier_header.encode(), b""))
        if scheme.timestamp_header or scheme.timestamp_prefix:
            stamp = _timestamp(scheme, parts, headers)
            if not stamp.isdigit() or len(stamp) > _MAX_TIMESTAMP_DIGITS:
                return Judgement.WRONG
            if abs(now - int(stamp)) > scheme.tolerance_seconds:
                return Judgement.OUT_OF_TIME
            signed.append(stamp)
        if not signatures or b"" in signed:
            return Judgement.WRONG
        return SignedHeaders(signatures=signatures, preamble=b"".join(part + scheme.joiner for part in signed))

    def check(self, headers: SignedHeaders, body: bytes) -> Judgement:
        """Whether one of the signatures in the headers is right; takes the same time whichever of them it is."""
        made = hmac.new(self.key, headers.preamble, self.scheme.algorithm)
        made.update(body)
        digest = made.digest()
        hexadecimal = self.scheme.encoding == "hex"
        expected = digest.hex().encode() if hexadecimal else base64.b64encode(digest)
        right = False
        for signature in headers.signatures:
            right |= hmac.compare_digest(expected, signature.lower() if hexadecimal else signature)
        return Judgement.RIGHT if right else Judgement.WRONG


def signature_of(stored: Mapping[str, Any]) -> Signature:
    """From what the operator mirrors (docs/contracts.md); raises KeyError, TypeError or ValueError where it is malformed."""
    key = base64.b64decode(stored["key"], validate=True)
    if not key:
        raise ValueError("an empty key signs nothing")
    preset = stored["preset"]
    return Signature(scheme=_described(stored) if preset == "generic" else PRESETS[preset], key=key)


def _described(stored: Mapping[str, Any]) -> Scheme:
    scheme = Scheme(
        header=stored["header"].lower(),
        prefix=stored["prefix"].encode("ascii"),
        separators=b", ",
        algorithm=stored["algorithm"],
        encoding=stored["encoding"],
        timestamp_header=stored["timestampHeader"].lower(),
        tolerance_seconds=int(stored["toleranceSeconds"]),
    )
    if (
        not scheme.header
        or scheme.algorithm not in ("sha256", "sha1", "sha512")
        or scheme.encoding not in ("hex", "base64")
    ):
        raise ValueError("no such way of signing")
    return scheme


def _parts(value: bytes, separators: bytes) -> list[bytes]:
    for separator in separators:
        value = value.replace(bytes((separator,)), b"\n")
    return [part.strip() for part in value.split(b"\n")]


def _timestamp(scheme: Scheme, parts: list[bytes], headers: Mapping[bytes, bytes]) -> bytes:
    if scheme.timestamp_header:
        return headers.get(scheme.timestamp_header.encode(), b"").strip()
    prefix = scheme.timestamp_prefix
    return next((part.removeprefix(prefix) for part in parts if part.startswith(prefix)), b"")
