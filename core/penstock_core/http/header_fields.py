"""What a header field of a request may be called and hold, by RFC 9110: asked at publication, and before it is sent."""

import re
from typing import Final

_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_OF_CLIENT: Final = frozenset(
    ["connection", "content-length", "expect", "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"]
)
_UNSENDABLE: Final = re.compile(r"[^\t -~\xa0-\xff]")
_NAMED: Final = {"\n": "a line break", "\r": "a line break", "\x00": "the character NUL"}


def name_problem(name: str) -> str:
    """Why a request cannot have a field of this name, '' where it can."""
    if not _NAME.fullmatch(name):
        return "this is no name of a header field: correct it"
    if name.lower() in _OF_CLIENT or name.lower().startswith("proxy-"):
        return "the client writes this header itself, from the address and the body: remove it"
    return ""


def value_problem(text: str) -> str:
    """Why a field cannot hold a text as it is, '' where it can.

    What is beyond ASCII is sent in ISO 8859-1 (RFC 9110's obs-text), as far as that goes.
    """
    if found := _UNSENDABLE.search(text):
        character = found[0]
        if ord(character) > 0xFF:
            return (
                f"`{character}` (U+{ord(character):04X}) at character {found.start() + 1} cannot be sent in a header, which"
                " holds ISO 8859-1 at most: encode it as the receiver expects it, such as by urlEncode(…)"
            )
        named = _NAMED.get(character, f"the control character U+{ord(character):04X}")
        return f"the value has {named} at character {found.start() + 1}, which no header may hold"
    if text != text.strip(" \t"):
        return "the value begins or ends with a blank, which receivers cut off: leave it out, for instance by `.trim()`, or encode it"
    return ""
