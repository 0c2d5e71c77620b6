"""Which headers carry credentials, by their names: a rule, so that one nobody has heard of is kept out too."""

import re
from typing import Final

_ANYWHERE: Final = re.compile(
    r"token|secret|signature|hmac|cookie|passw|passphrase|credential|jwt|bearer|session|apikey|accesskey|authori[sz]ation|authentication"
)
_WORDS: Final = re.compile(r"(?:.*key|keys|auth|xauth|oauth2?|basicauth|sig|pwd|pin|otp)\Z")
_ORDINARY: Final = frozenset(
    f"{x}{name}"
    for x in ("", "x-")
    for name in ("idempotency-key", "message-key", "partition-key", "routing-key", "surrogate-key")
)
"""Keys of other kinds: what a message is sorted or recognised by."""


def is_credential(name: str) -> bool:
    """Whether a header of this name authenticates whoever sends it, in any case of letters."""
    lower = name.lower()
    if lower in _ORDINARY:
        return False
    return bool(_ANYWHERE.search(lower)) or any(_WORDS.match(word) for word in re.split(r"[-_.]", lower))
