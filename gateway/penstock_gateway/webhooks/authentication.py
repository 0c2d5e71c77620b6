"""Whether a webhook's caller may call it: by a key or by a signature, either is enough.

A key is judged before the body is read, and so is what a signature's headers say; only the signature itself needs the body.
Who is refused hears the same words whatever the cause, also where there is no flow at all: the cause is for the owner, see `refusals`.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from penstock_core.executions.states import Refusal
from penstock_gateway import problems
from penstock_gateway.flows import ServedFlow
from penstock_gateway.problems import Problem
from penstock_gateway.webhooks import signatures
from penstock_gateway.webhooks.keys import KeyTable, presented_key
from penstock_gateway.webhooks.signatures import Check, Judgement, Proof, SignedHeaders

_CHALLENGE: Final = [("WWW-Authenticate", 'Bearer realm="penstock"')]


Cause = Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A caller who is not let in."""

    cause: Cause
    check: Check = field(default_factory=signatures.decoy)
    """Takes the time that a signature's would."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """A caller who is let in; `proof` is what a signature says of the request, None where it has none that counts."""

    proof: Proof | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A request that its signature lets in, if it fits the body."""

    check: Check

    def judge(self) -> Admitted | Refused:
        """Once the check has seen the body."""
        proof = self.check.proof()
        return Refused(cause=Cause.SIGNATURE_WRONG) if proof is None else Admitted(proof=proof)


class Authentication:
    """Judges requests; `clock` gives seconds since 1970."""

    def __init__(self, keys: KeyTable, *, clock: Callable[[], float] = time.time) -> None:
        self._keys = keys
        self._clock = clock

    def judge(self, flow: ServedFlow, headers: dict[bytes, bytes]) -> Admitted | Refused | Signed:
        """Whether a request may pass, or Signed where that depends on its body; raises the 503 while that cannot be told.

        `headers` by lower-case name.
        """
        if flow.security == "none":
            return Admitted()
        uid = flow.identity.instance_uid
        if not self._keys.known(uid):
            raise Problem(problems.KEYS_PENDING, "The instance was deployed a moment ago. Send the request again.")
        key = presented_key(headers)
        if key is not None and self._keys.accepts(uid, key):
            return Admitted()
        signature = self._keys.signature(uid)
        said = signature.read(headers, now=self._clock()) if signature else Judgement.ABSENT
        if signature and isinstance(said, SignedHeaders):
            return Signed(check=signature.check(said))
        if said is not Judgement.ABSENT:
            late = said is Judgement.OUT_OF_TIME
            return Refused(cause=Cause.SIGNATURE_OUT_OF_TIME if late else Cause.SIGNATURE_WRONG)
        if key is not None:
            return Refused(cause=Cause.KEY_UNKNOWN)
        return Admitted() if flow.security == "optional" else Refused(cause=Cause.NO_CREDENTIAL)

    def knows(self, instance_uid: str | None, headers: dict[bytes, bytes]) -> bool:
        """Whether a request has a key of an instance, which may then be told what the instance has not."""
        key = presented_key(headers)
        return key is not None and self._keys.accepts(instance_uid or "", key)

    def signature_headers(self, flow: ServedFlow) -> frozenset[bytes]:
        """Headers that carry signatures, in lower case, beside those that are known by their names."""
        signature = self._keys.signature(flow.identity.instance_uid)
        return signature.headers if signature else frozenset()


def is_signed(headers: dict[bytes, bytes]) -> bool:
    """Whether a request claims to be signed: then it is answered after its body, as one whose signature counts would be."""
    return not signatures.HEADERS.isdisjoint(headers)


def not_admitted() -> Problem:
    """The one 401: whether there is a flow, whether it wants a key or a signature, and what was wrong is not for strangers."""
    return Problem(
        problems.KEY_REQUIRED,
        "No webhook at this URL takes a request with these credentials, or without any. Compare the URL, upper and lower case"
        " included; send a key of the instance in the header `Api-Key` or as `Authorization: Bearer`, or sign the bytes of the"
        " body as they are sent, at the time of sending. The instance's owner finds the cause in the gateway's log.",
        headers=_CHALLENGE,
    )
