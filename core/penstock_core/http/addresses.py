"""Addresses of HTTP: read strictly, and written in the one way in which they are asked.

What is not said by RFC 3986 is refused, so that nobody who reads an address later (a client, a proxy, a record) can
find another host in it than was found here.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from penstock_core.errors import InvalidInput

_SHAPE: Final = re.compile(
    r"(?P<scheme>https?)://(?P<authority>[^/?#\\]*)(?P<path>(?:/[^?#]*)?)(?P<query>(?:\?[^#]*)?)(?P<fragment>(?:#.*)?)",
    re.IGNORECASE | re.DOTALL,
)
_HOST_PORT: Final = re.compile(r"(?P<host>\[[^\[\]]*\]|[^\[\]:]*)(?::(?P<port>[0-9]{0,5}))?")
_NAME: Final = re.compile(r"[A-Za-z0-9._~-]+")
CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_PATH: Final = r"A-Za-z0-9._~!$&'()*+,;=:@/-"
_TO_ENCODE: Final = {
    "path": rf"%(?![0-9A-Fa-f]{{2}})|[^%{_PATH}]",
    "query": rf"%(?![0-9A-Fa-f]{{2}})|[^%?{_PATH}]",
    "fragment": rf"%(?![0-9A-Fa-f]{{2}})|[^%?{_PATH}]",
}
"""What a part of an address cannot hold as it is; its own `?` or `#` is cut off before."""
_ESCAPE: Final = re.compile(r"%[0-9A-Fa-f]{2}")
MAX_HOST: Final = 253
MAX_LABEL: Final = 63
_USER: Final = r"(?s)//.*@"
"""A user and a password, where an address that cannot be used is shown."""


class Address(NamedTuple):
    """An address that can be asked; `host` in ASCII and lower case, `port` the one that is written or the scheme's."""

    scheme: str
    host: str
    port: int
    url: str
    """As it is asked, and shown."""


def address(url: object) -> Address:
    """Read an address. Raises InvalidInput, whose message shows it without user and password.

    Names of hosts become ASCII by UTS 46; what an address cannot hold is percent-encoded, what is encoded stays;
    dot segments that are written out are resolved, as every client does.
    """
    found = _SHAPE.fullmatch(url) if isinstance(url, str) else None
    if found is None or not found["authority"]:
        raise InvalidInput(f"{_shown(url)} is not an address: write http://… or https://…")
    if "@" in found["authority"]:
        raise InvalidInput(
            f"{_shown(url)} holds a user or a password, and is not asked: keep them in a connection of type basic, and name"
            " it in http.connection"
        )
    if control := CONTROL.search(found[0]):
        raise InvalidInput(f"{_shown(url)} is not an address: it holds the control character U+{ord(control[0]):04X}")
    try:
        host, port = _authority(found["authority"])
        rest = _without_dot_segments(found["path"])
        rest = _encoded(rest, "path") + _encoded(found["query"], "query")
        rest += found["fragment"][:1] + _encoded(found["fragment"][1:], "fragment")
    except InvalidInput as exc:
        raise InvalidInput(f"{_shown(url)} is not an address: {exc}") from exc
    scheme = found["scheme"].lower()
    written = f"{scheme}://{host}{'' if port is None else f':{port}'}{rest}"
    return Address(scheme, host, {"http": 80, "https": 443}[scheme] if port is None else port, written)


def with_query(url: str, query: str) -> str:
    """An address with more parameters, which are encoded already."""
    before, mark, fragment = url.partition("#")
    joint = "" if before.endswith(("?", "&")) else "&" if "?" in before else "?"
    return f"{before}{joint}{query}{mark}{fragment}" if query else url


def _authority(text: str) -> tuple[str, int | None]:
    found = _HOST_PORT.fullmatch(text)
    if found is None or (found["port"] and not 0 < int(found["port"]) < 65536):
        raise InvalidInput(f"`{text}` is no host, or no host and port")
    return _host(found["host"]), int(found["port"]) if found["port"] else None


def _host(text: str) -> str:
    if text.startswith("["):
        return _ipv6(text)
    if text.isascii():
        name = text.lower()
        if not _NAME.fullmatch(name):
            raise InvalidInput(f"a host cannot be called `{text}`")
    else:
        name = _international(text)
    if problem := next(_of_labels(name.removesuffix(".")), ""):
        raise InvalidInput(f"a host cannot be called `{text}`: {problem}")
    return name


def _ipv6(text: str) -> str:
    from ipaddress import IPv6Address  # hardly anybody writes one

    try:
        IPv6Address(text[1:-1].replace("%25", "%", 1))
    except ValueError as exc:
        raise InvalidInput(f"{text} is no IPv6 address") from exc
    return text.lower()


def _international(text: str) -> str:
    import idna  # as most names are ASCII

    try:
        return idna.encode(text, uts46=True, std3_rules=True).decode()
    except UnicodeError as exc:  # of which IDNAError is one
        raise InvalidInput(f"a host cannot be called `{text}`: {exc}") from exc


def _of_labels(name: str) -> Iterator[str]:
    if len(name) > MAX_HOST:
        yield f"it has more than {MAX_HOST} characters"
    for label in name.split("."):
        if not label:
            yield "a part between two dots is empty"
        if len(label) > MAX_LABEL:
            yield f"a part of it has more than {MAX_LABEL} characters"


def _without_dot_segments(path: str) -> str:
    """RFC 3986, 5.2.4: `.` is left out, `..` takes the segment before with it, none leads above the root."""
    if "/." not in path:
        return path
    kept: list[str] = []
    first, *segments = path.split("/")
    for segment in segments:
        if segment == "..":
            kept = kept[:-1]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/".join((first, *kept))


def _encoded(text: str, part: str) -> str:
    """Percent-encoded where it must be; what is encoded is in capitals, so that an address is written in one way."""
    if not text:
        return ""  # most addresses have no query, and no fragment: their patterns need not be compiled
    mark, text = (text[:1], text[1:]) if part == "query" else ("", text)
    try:
        text = re.sub(_TO_ENCODE[part], lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), text)
    except UnicodeEncodeError as exc:
        raise InvalidInput(f"it holds half a character, U+{ord(exc.object[exc.start]):04X}") from exc
    return mark + _ESCAPE.sub(lambda found: found[0].upper(), text)


def _shown(url: object) -> str:
    """An address for a message, without user and password, whatever else is wrong with it."""
    import json  # only where something is wrong

    return re.sub(_USER, "//***@", json.dumps(url, ensure_ascii=False, default=str))
