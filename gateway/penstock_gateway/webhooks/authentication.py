"""Whether a webhook's caller may call it: by a key or by a signature, either is enough.

A key is judged before the body is read, and so is what a signature's headers say; a body that can no longer authenticate
anybody is never kept. Only the signature itself needs the body.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from penstock_core import names
from penstock_gateway import problems
from penstock_gateway.flows import ServedFlow
from penstock_gateway.problems import Problem
from penstock_gateway.webhooks.keys import KeyTable, presented_key
from penstock_gateway.webhooks.signatures import Judgement, Signature, SignedHeaders

_BEARER: Final = [("WWW-Authenticate", 'Bearer realm="penstock"')]
_INVALID: Final = [("WWW-Authenticate", 'Bearer realm="penstock", error="invalid_token"')]
_HMAC: Final = [("WWW-Authenticate", 'HMAC realm="penstock"')]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A request that its signature lets in, if it fits the body."""

    signature: Signature
    headers: SignedHeaders

    def check(self, body: bytes) -> Problem | None:
        """The problem with the signature, None where the request may pass."""
        if self.signature.check(self.headers, body) is Judgement.RIGHT:
            return None
        return _signature_wrong(self.signature)


class Authentication:
    """Judges requests; `clock` gives seconds since 1970."""

    def __init__(self, keys: KeyTable, *, clock: Callable[[], float] = time.time) -> None:
        self._keys = keys
        self._clock = clock

    def judge(self, flow: ServedFlow, headers: dict[bytes, bytes]) -> Problem | Signed | None:
        """The problem with a request, None where it may pass, Signed where that depends on its body.

        `headers` by lower-case name.
        """
        if flow.security == "none":
            return None
        uid = flow.identity.instance_uid
        if not self._keys.known(uid):
            return Problem(problems.KEYS_PENDING, "The instance was deployed a moment ago. Send the request again.")
        key = presented_key(headers)
        if key is not None and self._keys.accepts(uid, key):
            return None
        signature = self._keys.signature(uid)
        said = signature.read(headers, now=self._clock()) if signature else Judgement.ABSENT
        if signature and isinstance(said, SignedHeaders):
            return Signed(signature=signature, headers=said)
        if signature and said is not Judgement.ABSENT:
            return _out_of_time(signature) if said is Judgement.OUT_OF_TIME else _signature_wrong(signature)
        if key is not None:
            return _key_unknown(flow)
        return None if flow.security == "optional" else _required(flow, signature)

    def signature_header(self, flow: ServedFlow) -> bytes:
        """The header that carries signatures, in lower case; b"" where the instance's requests are not signed."""
        signature = self._keys.signature(flow.identity.instance_uid)
        return signature.scheme.header.encode() if signature else b""


def _required(flow: ServedFlow, signature: Signature | None) -> Problem:
    instance = flow.identity.instance
    sign = f"Sign the request in the header `{signature.scheme.header}`, or send" if signature else "Send"
    return Problem(
        problems.KEY_REQUIRED,
        f"{sign} a key of the instance in the header `Api-Key` or as `Authorization: Bearer`; a generated one is in the Secret {names.webhook_key_secret(instance)}.",
        headers=_BEARER,
    )


def _key_unknown(flow: ServedFlow) -> Problem:
    instance, namespace = flow.identity.instance, flow.identity.namespace
    return Problem(
        problems.KEY_UNKNOWN,
        f"Use a key of the instance: `kubectl describe instance {instance} -n {namespace}` names the Secret.",
        headers=_INVALID,
    )


def _signature_wrong(signature: Signature) -> Problem:
    return Problem(
        problems.SIGNATURE_WRONG,
        f"The header `{signature.scheme.header}` does not fit the body: sign the bytes as they are sent, in the way and with"
        " the secret that the instance's spec.webhook.signature names.",
        headers=_HMAC,
    )


def _out_of_time(signature: Signature) -> Problem:
    return Problem(
        problems.SIGNATURE_OUT_OF_TIME,
        f"The request was signed more than {signature.scheme.tolerance_seconds} s ago, or so far in the future. Compare the"
        " sender's clock, and sign each try anew.",
        headers=_HMAC,
    )
