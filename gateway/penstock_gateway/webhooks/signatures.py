"""Signed requests: each sender's public way of signing, in one table, and the check of a signature over the raw body.

| preset | header | signature | signed text |
|---|---|---|---|
| github | X-Hub-Signature-256 | `sha256=` and hex | body |
| shopify | X-Shopify-Hmac-Sha256, of its Events Shopify-Hmac-Sha256 | base64 | body |
| slack | X-Slack-Signature | `v0=` and hex | `v0:<X-Slack-Request-Timestamp>:<body>` |
| stripe | Stripe-Signature: `t=<time>,v1=<signature>,…` | `v1=` and hex | `<time>.<body>` |
| standard-webhooks | webhook-signature: `v1,<signature> …` | `v1,` and base64 | `<webhook-id>.<webhook-timestamp>.<body>` |
| the same by Svix | svix-signature, as above | as above | `<svix-id>.<svix-timestamp>.<body>` |
| generic | as the Instance says | as the Instance says | `<time>.<body>` with a time stamp header, else the body |

All are HMACs, of SHA-256 except where a generic one says otherwise; time stamps are seconds since 1970.
As the senders' own libraries do: header names in any case, white space around parts, several signatures, hex digits in any
case, base64 with or without its padding.
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
_CLOCKS_SECONDS: Final = 60
"""By which the clocks of gateways and database may differ."""


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

    @property
    def is_timed(self) -> bool:
        """Whether the time of signing is signed."""
        return bool(self.timestamp_header or self.timestamp_prefix)


def _standard(family: str) -> Scheme:
    return Scheme(
        header=f"{family}-signature",
        prefix=b"v1,",
        separators=b" ",
        encoding="base64",
        identifier_header=f"{family}-id",
        timestamp_header=f"{family}-timestamp",
    )


PRESETS: Final[Mapping[str, tuple[Scheme, ...]]] = {
    "github": (Scheme(header="x-hub-signature-256", prefix=b"sha256="),),
    "shopify": (
        Scheme(header="x-shopify-hmac-sha256", encoding="base64"),
        Scheme(header="shopify-hmac-sha256", encoding="base64"),
    ),
    "slack": (
        Scheme(
            header="x-slack-signature",
            prefix=b"v0=",
            version=b"v0",
            timestamp_header="x-slack-request-timestamp",
            joiner=b":",
        ),
    ),
    "stripe": (Scheme(header="stripe-signature", prefix=b"v1=", separators=b",", timestamp_prefix=b"t="),),
    "standard-webhooks": (_standard("webhook"), _standard("svix")),
}
"""By preset, each with all the names under which it is sent: the first counts whose header is there."""
HEADERS: Final = frozenset(scheme.header.encode() for schemes in PRESETS.values() for scheme in schemes)
"""Where these senders sign."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedHeaders:
    """What a request's headers say: the signatures in them, and what is signed before the body."""

    scheme: Scheme
    signatures: tuple[bytes, ...]
    preamble: bytes
    identifier: bytes
    """Of the delivery, signed too; b"" where the scheme has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What a right signature says of its request: the delivery's signed id ("" without one), else what makes it one of a kind.

    `content` stands for all that is signed, the time included, and `seconds` say for how long the same may be sent again; it is
    "" where no time is signed: then it may be sent again for ever, and an equal body may well be another delivery.
    """

    identifier: str = ""
    content: str = ""
    seconds: int = 0


class Check:
    """The check of a signature while its body arrives: `update` with every piece, then ask for the proof."""

    def __init__(self, headers: SignedHeaders, key: bytes) -> None:
        self._headers = headers
        self._made = hmac.new(key, headers.preamble, headers.scheme.algorithm)
        self.update = self._made.update

    def proof(self) -> Proof | None:
        """None where no signature in the headers is right; takes the same time whichever of them it is."""
        digest, scheme = self._made.digest(), self._headers.scheme
        right = False
        for signature in self._headers.signatures:
            right |= hmac.compare_digest(*_comparable(digest, signature, scheme.encoding))
        if not right:
            return None
        if self._headers.identifier:
            return Proof(identifier=self._headers.identifier.decode("latin-1"))
        if scheme.is_timed:
            return Proof(content=digest.hex(), seconds=2 * scheme.tolerance_seconds + _CLOCKS_SECONDS)
        return Proof()


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """How one instance's requests are signed; of several schemes the first counts whose header is there."""

    schemes: tuple[Scheme, ...]
    key: bytes = field(repr=False)

    @property
    def headers(self) -> frozenset[bytes]:
        """Headers with signatures, in lower case."""
        return frozenset(scheme.header.encode() for scheme in self.schemes)

    def read(self, headers: Mapping[bytes, bytes], *, now: float) -> SignedHeaders | Judgement:
        """What can be decided before the body: absent, out of time or wrong, else what is to be checked with it.

        `headers` by lower-case name; `now` in seconds since 1970.
        """
        for scheme in self.schemes:
            value = headers.get(scheme.header.encode())
            if value is not None:
                return _read(scheme, value, headers, now=now)
        return Judgement.ABSENT

    def check(self, headers: SignedHeaders) -> Check:
        """Begin to check the body."""
        return Check(headers, self.key)


def _read(scheme: Scheme, value: bytes, headers: Mapping[bytes, bytes], *, now: float) -> SignedHeaders | Judgement:
    parts = _parts(value, scheme.separators)
    signatures = tuple(
        part.removeprefix(scheme.prefix) for part in parts if part.startswith(scheme.prefix) and part != scheme.prefix
    )
    signed: list[bytes] = [scheme.version] if scheme.version else []
    identifier = b""
    if scheme.identifier_header:
        identifier = headers.get(scheme.identifier_header.encode(), b"").strip()
        # what is signed would read otherwise, too: a part of the body as the time, and another id
        signed.append(b"" if scheme.joiner in identifier else identifier)
    if scheme.is_timed:
        stamp = _timestamp(scheme, parts, headers)
        if not stamp.isdigit() or len(stamp) > _MAX_TIMESTAMP_DIGITS:
            return Judgement.WRONG
        if abs(now - int(stamp)) > scheme.tolerance_seconds:
            return Judgement.OUT_OF_TIME
        signed.append(stamp)
    if not signatures or b"" in signed:
        return Judgement.WRONG
    preamble = b"".join(part + scheme.joiner for part in signed)
    return SignedHeaders(scheme=scheme, signatures=signatures, preamble=preamble, identifier=identifier)


def _comparable(digest: bytes, signature: bytes, encoding: str) -> tuple[bytes, bytes]:
    """Both in the same writing."""
    if encoding == "hex":
        return digest.hex().encode(), signature.lower()
    return base64.b64encode(digest).rstrip(b"="), signature.rstrip(b"=")


def decoy() -> Check:
    """A check that costs what one costs, and that nothing passes."""
    scheme = PRESETS["github"][0]
    return Check(SignedHeaders(scheme=scheme, signatures=(), preamble=b"", identifier=b""), b"decoy")


def signature_of(stored: Mapping[str, Any]) -> Signature:
    """From what the operator mirrors (docs/contracts.md); raises KeyError, TypeError or ValueError where it is malformed."""
    key = base64.b64decode(stored["key"], validate=True)
    if not key:
        raise ValueError("an empty key signs nothing")
    preset = stored["preset"]
    return Signature(schemes=(_described(stored),) if preset == "generic" else PRESETS[preset], key=key)


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
