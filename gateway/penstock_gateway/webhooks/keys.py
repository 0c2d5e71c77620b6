"""Who may call a webhook: the digests of each instance's keys and its signing secret, as the operator mirrors them.

Many instances share a mirrored Secret, one field each; of a Secret that changed, only the fields that did are read.
The gateway never holds a key, only sha256 digests; a signing secret it must hold, since a signature is computed with it.
"""

import base64
import hashlib
import hmac
import json
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from penstock_core.cluster import Key, Object
from penstock_gateway.webhooks.signatures import Signature, signature_of

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_log = logging.getLogger(__name__)
Read = TypeVar("Read")


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What an instance's requests authenticate with: `digests` of its keys, and how they are signed, None: not at all."""

    digests: tuple[str, ...] = ()
    signature: Signature | None = None


_NONE: Final = Credentials()


class KeyTable:
    """Credentials by the Instance's uid, fed by reflectors of the mirrored Secrets."""

    def __init__(self) -> None:
        self._credentials: dict[str, Credentials] = {}
        self._fields: dict[Key, Mapping[str, str]] = {}
        """What each Secret held last: text by uid."""

    def change(self, key: Key, secret: Object | None) -> None:
        """Take a change of a mirrored Secret, None where it is gone; what is malformed in it lets nobody in."""
        before = self._fields.get(key, {})
        after = self._fields[key] = (secret or {}).get("data") or {}
        for uid in before.keys() - after.keys():
            self._credentials.pop(uid, None)
        for uid, text in after.items():
            if before.get(uid) != text:
                self._credentials[uid] = _credentials(uid, text)

    def known(self, instance_uid: str) -> bool:
        """Whether the instance's credentials have arrived, be there any or none."""
        return instance_uid in self._credentials

    def signature(self, instance_uid: str) -> Signature | None:
        """How the instance's requests are signed, None where they are not."""
        return self._credentials.get(instance_uid, _NONE).signature

    def accepts(self, instance_uid: str, key: bytes) -> bool:
        """Whether `key` is one of the instance's; takes the same time whichever of them it is."""
        presented = hashlib.sha256(key).hexdigest()
        found = False
        for digest in self._credentials.get(instance_uid, _NONE).digests:
            found |= hmac.compare_digest(presented, digest)
        return found


def presented_key(headers: dict[bytes, bytes]) -> bytes | None:
    """The key a request carries: `Api-Key`, or the bearer token of `Authorization`; None without one."""
    key = headers.get(b"api-key")
    if key:
        return key
    scheme, _, token = headers.get(b"authorization", b"").partition(b" ")
    return token.strip() or None if scheme.lower() == b"bearer" else None


def _credentials(uid: str, text: str) -> Credentials:
    content = _read(uid, "content", text, to=_content)
    if content is None:
        return _NONE
    return Credentials(
        digests=_read(uid, "keys", content.get("keys"), to=_digests) or (),
        signature=_read(uid, "signature", content["signature"], to=signature_of) if "signature" in content else None,
    )


def _read(uid: str, part: str, written: Any, *, to: Callable[[Any], Read]) -> Read | None:
    """What was written for an instance, None where it cannot be read; the log says which part, and nothing of what is in it."""
    try:
        return to(written)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        extra = {"instance_uid": uid, "part": part, "cause": type(error).__name__}
        _log.error("mirrored webhook credentials cannot be read", extra=extra)
        return None


def _content(text: str) -> dict[str, Any]:
    content = json.loads(base64.b64decode(text, validate=True))
    if not isinstance(content, dict):
        raise TypeError("not an object")
    return content


def _digests(listed: Any) -> tuple[str, ...]:
    return tuple(digest for digest in listed if _DIGEST.fullmatch(digest))
