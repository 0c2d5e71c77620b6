"""What went wrong below HTTP, in words: which side, at what, and what to do about it."""

import ssl
from collections.abc import Callable, Iterator
from http.client import BadStatusLine, IncompleteRead, RemoteDisconnected
from typing import Final, NamedTuple

from urllib3 import exceptions as faults

from penstock_core.http.addresses import Address
from penstock_runner.actions.http.transport import CONNECT_SECONDS

_NOT_TLS: Final = (
    "WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE",
    "UNEXPECTED_MESSAGE", "BAD_RECORD_TYPE",
)  # fmt: skip
"""OpenSSL's reasons where what came first was no TLS."""
_TLS_RECORD: Final = ("\x15\x03", "\x16\x03")
"""How an alert and a handshake of TLS begin."""
_AUTHORITY: Final = (
    "let the server send its whole chain, or add the authority to the base of Penstock's images (`--build-arg BASE=…`)"
)
_CERTIFICATES: Final = {
    9: "it is not valid yet: check the clocks of both sides, or renew it",
    10: "it has expired: renew it on the other side",
    18: f"it is signed by itself: {_AUTHORITY}",
    19: f"its chain ends in an authority that is not known here: {_AUTHORITY}",
    20: f"its authority is not known here: {_AUTHORITY}",
    21: f"its authority is not known here: {_AUTHORITY}",
    23: "it was revoked: renew it on the other side",
    62: "it is for another name: ask the name that it holds, or have it renewed for this one",
    64: "it is for another address: ask the name that it holds, or have it renewed for this address",
}
"""By OpenSSL's number of what is wrong with a certificate."""


Mask = Callable[[str], str]


class Told(NamedTuple):
    """A code, and what happened."""

    code: str
    text: str


def told(address: Address, exc: Exception, mask: Mask) -> Told:
    """What went wrong; what the other side said is masked before it is cut."""
    where = f"{address.host}:{address.port}"
    causes = list(_causes(exc))
    if found := next((each for each in causes if isinstance(each, ssl.SSLError)), None):
        return Told("tls", _tls(address, where, found, mask))
    match exc:
        case faults.NameResolutionError():
            return Told("dns", f"the name {address.host} cannot be resolved: check the address and the cluster's DNS")
        case faults.NewConnectionError():
            return Told(
                "connect", f"no connection to {where}: {_system(causes, mask)}; check address, port and NetworkPolicy"
            )
        case faults.ConnectTimeoutError():
            return Told(
                "connect_timeout",
                f"{where} did not take a connection within {CONNECT_SECONDS:g} s: check address, port and NetworkPolicy",
            )
        case faults.ReadTimeoutError() | faults.TimeoutError():
            return Told("timeout", f"{where} did not answer in time")
        case faults.LocationParseError() | ValueError():
            return Told("invalid_input", f"the request cannot be sent: {_last(exc, mask)}")
    return Told("connection_broken", _broken(address, where, causes, mask))


def _causes(exc: BaseException) -> Iterator[BaseException]:
    """An exception and what it was made of, as urllib3 keeps it."""
    seen: list[BaseException] = []
    ahead = [exc]
    while ahead:
        each = ahead.pop(0)
        if any(each is other for other in seen):
            continue
        seen.append(each)
        yield each
        ahead += [part for part in (*each.args, each.__cause__, each.__context__) if isinstance(part, BaseException)]


def _tls(address: Address, where: str, exc: ssl.SSLError, mask: Mask) -> str:
    if isinstance(exc, ssl.SSLCertVerificationError):
        why = _CERTIFICATES.get(exc.verify_code, f"{exc.verify_message}: have it renewed on the other side")
        return f"the certificate of {where} is not taken for {address.host}: {why} (OpenSSL: {exc.verify_message})"
    reason = (exc.reason or "").upper()
    if reason in _NOT_TLS:
        return f"{where} does not speak TLS there ({exc.reason}): write http:// for a port without TLS, or the port that has it"
    if isinstance(exc, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return f"{where} ended the connection during the TLS handshake: check that the port speaks TLS"
    return f"TLS with {where} failed: {_last(exc, mask)}"


def _broken(address: Address, where: str, causes: list[BaseException], mask: Mask) -> str:
    for each in causes:
        match each:
            case RemoteDisconnected():
                return f"{where} ended the connection without an answer{_perhaps_tls(address)}"
            case BadStatusLine() if str(each).startswith(_TLS_RECORD):
                return f"{where} speaks TLS there: write https://"
            case BadStatusLine():
                return f"{where} answered something that is no HTTP, which begins: {mask(str(each))[:80]!r}"
            case IncompleteRead():
                wanted = "" if each.expected is None else f" of {len(_partial(each)) + each.expected}"
                return f"the connection to {where} broke after {len(_partial(each))}{wanted} bytes of the body"
            case ConnectionResetError():
                return f"{where} broke the connection before the answer was complete{_perhaps_tls(address)}"
    return f"the connection to {where} broke before the answer was complete: {_last(causes[0], mask)}"


def _partial(exc: IncompleteRead) -> bytes | range:
    """What came before; urllib3 says how much."""
    return range(exc.partial) if isinstance(exc.partial, int) else exc.partial


def _perhaps_tls(address: Address) -> str:
    if address.scheme == "https":
        return ""
    return ", as a port that speaks TLS does: if it is one, write https://"


def _system(causes: list[BaseException], mask: Mask) -> str:
    """The operating system's own words."""
    found = next((each for each in causes if isinstance(each, OSError) and each.strerror), None)
    return str(found.strerror) if found is not None else _last(causes[0], mask)


def _last(exc: BaseException, mask: Mask) -> str:
    return mask(str(exc)).rsplit(": ", 1)[-1][:200]
