"""Who may call a webhook: the digests of each instance's keys, as the operator mirrors them, and their comparison.

The gateway never holds a key at rest, only sha256 digests.
"""

import base64
import binascii
import hashlib
import hmac
import json
import logging
import re
from typing import Any, Final

from penstock_core import names
from penstock_core.cluster import Key, Object

_SECRET_PREFIX: Final = names.webhook_digest_secret("")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")

_log = logging.getLogger(__name__)


class KeyTable:
    """Digests of accepted keys by the Instance's uid, fed by a reflector of the mirrored Secrets."""

    def __init__(self) -> None:
        self._digests: dict[str, tuple[str, ...]] = {}

    def change(self, key: Key, secret: Object | None) -> None:
        """Take a change of a mirrored Secret; a malformed one accepts no key."""
        name = key[1]
        if not name.startswith(_SECRET_PREFIX):
            return
        uid = name.removeprefix(_SECRET_PREFIX)
        if secret is None:
            self._digests.pop(uid, None)
        else:
            self._digests[uid] = _digests(name, secret)

    def known(self, instance_uid: str) -> bool:
        """Whether the instance's keys have arrived, be there any or none."""
        return instance_uid in self._digests

    def accepts(self, instance_uid: str, key: bytes) -> bool:
        """Whether `key` is one of the instance's; takes the same time whichever of them it is."""
        presented = hashlib.sha256(key).hexdigest()
        found = False
        for digest in self._digests.get(instance_uid, ()):
            found |= hmac.compare_digest(presented, digest)
        return found


def presented_key(headers: dict[bytes, bytes]) -> bytes | None:
    """The key a request carries: `Api-Key`, or the bearer token of `Authorization`; None without one."""
    key = headers.get(b"api-key")
    if key:
        return key
    scheme, _, token = headers.get(b"authorization", b"").partition(b" ")
    return token.strip() or None if scheme.lower() == b"bearer" else None


def _digests(name: str, secret: dict[str, Any]) -> tuple[str, ...]:
    try:
        listed = json.loads(base64.b64decode((secret.get("data") or {})["keys"], validate=True))
        return tuple(digest for digest in listed if _DIGEST.fullmatch(digest))
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        _log.error("mirrored webhook keys cannot be read", extra={"secret": name, "cause": type(error).__name__})
        return ()
