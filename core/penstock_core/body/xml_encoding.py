"""The charset of an XML document by XML's own rules (XML 1.0, appendix F; RFC 7303), where nothing outside of it says one."""

import re
from typing import Final

_DECLARATION: Final = re.compile(
    rb"<\?xml\s[^>]{0,200}?\sencoding\s*=\s*(?:\"([A-Za-z][A-Za-z0-9._-]*)\"|'([A-Za-z][A-Za-z0-9._-]*)')"
)
_SHAPES: Final = ((b"<\x00?\x00", "utf-16-le"), (b"\x00<\x00?", "utf-16-be"))
"""How a document in two bytes a character begins, without a byte order mark."""
_WIDE: Final = ("utf-16", "utf16", "utf-32", "utf32", "ucs-2", "ucs-4", "iso-10646-ucs")


def declared_charset(raw: bytes) -> str:
    """The charset that a document declares, "" where it declares none; a byte order mark is not looked at.

    A declaration that can be read byte by byte is not in a charset of two or four: then it is UTF-8, as parsers have it.
    """
    for begin, charset in _SHAPES:
        if raw.startswith(begin):
            return charset
    found = _DECLARATION.match(raw)
    if found is None:
        return ""
    charset = (found[1] or found[2]).decode("ascii")
    return "utf-8" if charset.lower().startswith(_WIDE) else charset
