"""A request with the redirects that follow from it, and its response as a value."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urljoin, urlsplit
from uuid import uuid5

from urllib3 import exceptions as faults

from penstock_core.errors import BodyTooLarge
from penstock_core.masking.headers import is_credential
from penstock_runner.actions.http.request_content import request_body, urlencoded
from penstock_runner.actions.http.response_content import Content, header_text, response_content
from penstock_runner.actions.http.transport import Transport
from penstock_runner.engine.action import Call
from penstock_runner.engine.interrupt import Apart
from penstock_runner.errors import Failure

MAX_RESPONSE_BYTES: Final = 16 * 1024 * 1024
MAX_REDIRECTS: Final = 10
_UNSAFE: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_WITHOUT_CONTENT: Final = frozenset({204, 205, 304})
_CHUNK: Final = 65_536


class Exchange:
    """A request with the redirects that follow from it."""

    def __init__(self, call: Call) -> None:
        given = call.input
        self._call = call
        self._seconds = call.deadline - call.flow.clock.monotonic() + 1.0  # the wait outside ends first, and says so
        self._limit = int(given.get("maxResponseBytes") or MAX_RESPONSE_BYTES)
        self._follows = given.get("followRedirects", True)
        self._method = str(given.get("method") or "GET").upper()
        self._url = _url(given)
        content_type, self._body = request_body(given)
        self._headers = _headers(given.get("headers"))
        if content_type:
            self._headers.setdefault("Content-Type", content_type)
        if self._method in _UNSAFE:
            self._headers.setdefault("Idempotency-Key", str(uuid5(call.flow.execution, call.path)))
        self._headers.setdefault("User-Agent", "penstock")
        self._sign_in = _sign_in(call)
        self.warnings: tuple[str, ...] = ()
        self.problem = ""
        """Why the response's body is not what it is declared to be, "" where it is."""

    def run(self, apart: Apart[dict[str, Any]]) -> dict[str, Any]:
        """The response at the end of the redirects."""
        for _ in range(MAX_REDIRECTS + 1):
            response = self._send()
            target = response.headers.get("Location")
            if not (self._follows and response.status in _REDIRECTS and target):
                return self._read(response, apart)
            response.drain_conn()
            response.release_conn()
            self._redirect(response.status, self._target(target))
        raise Failure("http_redirects", f"{self._method} {self._url}: more than {MAX_REDIRECTS} redirects in a row")

    def _send(self) -> Any:
        try:
            return self._call.flow.shared(Transport).request(
                self._method,
                self._url,
                headers={**self._headers, **self._sign_in},
                body=self._body,
                seconds=self._seconds,
            )
        except (faults.HTTPError, OSError, ValueError) as exc:
            raise self._failure(exc) from exc

    def _target(self, location: str) -> str:
        try:
            url = urljoin(self._url, location)
        except ValueError:
            url = location
        if problem := _problem(url):
            raise Failure("http_redirects", f"{self._method} {self._url} leads to another address: {problem}")
        return url

    def _redirect(self, status: int, url: str) -> None:
        """Go on to `url`; another origin gets no credentials."""
        if _origin(url) != _origin(self._url):
            self._sign_in = {}
            self._headers = {name: value for name, value in self._headers.items() if not is_credential(name)}
        if status == 303 or (status in (301, 302) and self._method == "POST"):
            self._method = "HEAD" if self._method == "HEAD" else "GET"
            self._body = None
            self._headers = {
                name: value
                for name, value in self._headers.items()
                if name.lower() not in ("content-type", "idempotency-key")
            }
        self._url = url

    def _read(self, response: Any, apart: Apart[dict[str, Any]]) -> dict[str, Any]:
        raw = bytearray()
        try:
            for chunk in response.stream(_CHUNK, decode_content=False):
                raw += chunk
                self._still_wanted(len(raw), response.status, apart)
        except BaseException as exc:
            response.close()  # only what was read to its end can serve the next request
            if isinstance(exc, (faults.HTTPError, OSError)):
                raise self._failure(exc) from exc
            raise
        content = self._content(response, bytes(raw))
        self.warnings, self.problem = content.warnings, content.problem
        return {
            "status": response.status,
            "headers": _received(response.headers),
            "body": content.body,
            "bytes": content.size,
            "url": self._url,
        }

    def _content(self, response: Any, raw: bytes) -> Content:
        headers = response.headers
        if not raw and (self._method == "HEAD" or response.status in _WITHOUT_CONTENT):
            return Content(None, 0)
        try:
            return response_content(
                raw,
                "".join(headers.getlist("content-type")[-1:]),
                encoded=headers.getlist("content-encoding"),
                how=self._call.input.get("parse") or "auto",
                limit=self._limit,
            )
        except BodyTooLarge as exc:
            raise self._too_large(response.status) from exc

    def _failure(self, exc: Exception) -> Failure:
        code, text = _reason(urlsplit(self._url).hostname, exc, self._call.flow.masker.text)
        return Failure(code, f"{self._method} {self._url}: {text}", details={"status": 0})

    def _still_wanted(self, size: int, status: int, apart: Apart[dict[str, Any]]) -> None:
        if size > self._limit:
            raise self._too_large(status)
        if apart.abandoned:
            raise Failure("abandoned", "nobody waits for this response any more")

    def _too_large(self, status: int) -> Failure:
        message = (
            f"{self._method} {self._url}: the response is larger than {self._limit} bytes:"
            " raise `maxResponseBytes`, or ask for less"
        )
        return Failure("http_response_too_large", message, details={"status": status})


def _url(given: Mapping[str, Any]) -> str:
    url = given.get("url")
    if problem := _problem(url):
        raise Failure("invalid_input", f"http.url: {problem}")
    parts, query = urlsplit(str(url)), urlencoded(given.get("query") or {})
    return parts._replace(query=f"{parts.query}&{query}".strip("&")).geturl() if query else str(url)


def _problem(url: Any) -> str:
    """Why nothing can be asked of an address, '' where it can."""
    try:
        parts = urlsplit(url if isinstance(url, str) else "")
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a bracket that is never closed, a port beyond 65535
        usable = False
    shown = re.sub(r"//.*@", "//***@", repr(url))
    if not usable:
        return f"{shown} is not an address: write http://… or https://…"
    if "@" in parts.netloc:
        return (
            f"{shown} holds a user or a password, and is not asked: keep them in a connection of type basic, and name it in"
            " http.connection"
        )
    return ""


def _headers(given: Any) -> dict[str, str]:
    """Header fields with capitalised names, so that each is there once; null leaves one out."""
    if not given:
        return {}
    from penstock_core.expressions.values import as_text  # many requests have none

    headers = {}
    for name, value in given.items():
        if value is None:
            continue
        text = as_text(value)
        if any(character in text for character in "\r\n\x00"):
            raise Failure("invalid_input", f"http.headers.{name}: the value has a line break, which no header may hold")
        headers["-".join(part.capitalize() for part in name.split("-"))] = text
    return headers


def _sign_in(call: Call) -> dict[str, str]:
    name = call.input.get("connection")
    if not name:
        return {}
    connection = call.flow.connections.get(name)
    if connection is None:
        raise Failure("connection_missing", f"http.connection: the Integration declares no connection {name!r}")
    return connection.headers()


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _received(headers: Any) -> dict[str, str]:
    """By lower-case names; several of one name are one, and cookies, which may hold commas, one line each."""
    received = {name.lower(): header_text(value) for name, value in headers.itermerged()}
    if "set-cookie" in received:
        received["set-cookie"] = "\n".join(map(header_text, headers.getlist("set-cookie")))
    return received


def _reason(host: str | None, exc: Exception, mask: Callable[[str], str]) -> tuple[str, str]:
    """What went wrong below HTTP: a code, and in words, with where to look."""
    reason = mask(str(exc.__cause__ or exc))
    match exc:
        case faults.NameResolutionError():
            return "dns", f"the name {host} cannot be resolved: check the address and the cluster's DNS"
        case faults.NewConnectionError():
            return "connect", f"no connection to {host}: {_last(reason)}; check address, port and NetworkPolicy"
        case faults.ConnectTimeoutError():
            return "connect_timeout", f"{host} does not accept connections: check address, port and NetworkPolicy"
        case faults.SSLError():
            return "tls", f"TLS with {host} failed: {reason[:200]}; the certificate must be valid for this name"
        case faults.ReadTimeoutError() | faults.TimeoutError():
            return "timeout", f"{host} did not answer in time"
        case faults.LocationParseError() | ValueError():
            return "invalid_input", f"the address or a header cannot be sent: {reason}"
    return "connection_broken", f"the connection to {host} broke before the response was complete: {reason[:200]}"


def _last(reason: str) -> str:
    """The operating system's own words inside a chain of wrappers."""
    return reason.rsplit(": ", 1)[-1][:200]
