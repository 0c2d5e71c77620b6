"""A request with the redirects that follow from it, and its response as a value."""

from typing import Any, Final
from urllib.parse import urljoin
from uuid import uuid5

from urllib3 import exceptions as faults

from penstock_core.errors import BodyTooLarge, InvalidInput
from penstock_core.http.addresses import Address, address, with_query
from penstock_core.masking.headers import is_credential
from penstock_runner.actions.http.progress import Progress
from penstock_runner.actions.http.request_content import query, request_body
from penstock_runner.actions.http.request_headers import Fields, given_fields, sign_in_fields
from penstock_runner.actions.http.response_content import Content, header_text, response_content
from penstock_runner.actions.http.transport import Transport
from penstock_runner.engine.action import Call
from penstock_runner.engine.interrupt import Apart
from penstock_runner.errors import Failure

MAX_RESPONSE_BYTES: Final = 16 * 1024 * 1024
MAX_REDIRECTS: Final = 10
_UNSAFE: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_OF_BODY: Final = frozenset({"content-type", "idempotency-key"})
"""Headers that go with a body, and leave with it."""
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
        self._address = asked(with_query(given["url"], query(given.get("query") or {})))
        self._headers = given_fields(given.get("headers"))
        content = request_body(given, self._headers.get("Content-Type"))
        self._body = content.data
        if content.content_type:
            self._headers.default("Content-Type", content.content_type)
        if self._method in _UNSAFE:
            self._headers.default("Idempotency-Key", str(uuid5(call.flow.execution, call.path)))
        self._headers.default("User-Agent", "penstock")
        self._sign_in = sign_in_fields(call)
        self.progress = Progress(self._method, self._url)
        self.warnings: tuple[str, ...] = ()
        self.problem = ""
        """Why the response's body is not what it is declared to be, "" where it is."""
        self.content = Content(None, 0)
        self.content_type = ""

    @property
    def _url(self) -> str:
        return self._address.url

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
                headers=self._headers.together(self._sign_in),
                body=self._body,
                seconds=self._seconds,
                progress=self.progress,
            )
        except (faults.HTTPError, OSError, ValueError) as exc:
            raise self._failure(exc) from exc

    def _target(self, location: str) -> Address:
        try:
            url = urljoin(self._url, location)
        except ValueError:
            url = location
        try:
            return address(url)
        except InvalidInput as exc:
            raise Failure("http_redirects", f"{self._method} {self._url} leads to another address: {exc}") from exc

    def _redirect(self, status: int, target: Address) -> None:
        """Go on to `target`; another origin gets no credentials."""
        if target[:3] != self._address[:3]:
            self._sign_in = Fields()
            self._headers.keep(lambda name: not is_credential(name))
        if status == 303 or (status in (301, 302) and self._method == "POST"):
            self._method = "HEAD" if self._method == "HEAD" else "GET"
            self._body = None
            self._headers.keep(lambda name: name not in _OF_BODY)
            self.progress.asks_by(self._method)
        self._address = target
        self.progress.goes_to(target.url)

    def _read(self, response: Any, apart: Apart[dict[str, Any]]) -> dict[str, Any]:
        raw = bytearray()
        self.progress.waits_for("the body")
        try:
            for chunk in response.stream(_CHUNK, decode_content=False):
                raw += chunk
                self.progress.waits_for(f"the rest of the body, of which {len(raw)} bytes came")
                self._still_wanted(len(raw), response.status, apart)
        except BaseException as exc:
            response.close()  # only what was read to its end can serve the next request
            if isinstance(exc, (faults.HTTPError, OSError)):
                raise self._failure(exc) from exc
            raise
        self.content_type = "".join(response.headers.getlist("content-type")[-1:])
        self.content = content = self._content(response, bytes(raw))
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
                self.content_type,
                encoded=headers.getlist("content-encoding"),
                how=self._call.input.get("parse") or "auto",
                limit=self._limit,
            )
        except BodyTooLarge as exc:
            raise self._too_large(response.status) from exc

    def _failure(self, exc: Exception) -> Failure:
        from penstock_runner.actions.http.failures import told  # most requests are answered

        code, text = told(self._address, exc, self._call.flow.masker.text)
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


def asked(url: Any) -> Address:
    """The address of a step. Raises Failure."""
    try:
        return address(url)
    except InvalidInput as exc:
        raise Failure("invalid_input", f"http.url: {exc}") from exc


def _received(headers: Any) -> dict[str, str]:
    """By lower-case names; several of one name are one, and cookies, which may hold commas, one line each."""
    received = {name.lower(): header_text(value) for name, value in headers.itermerged()}
    if "set-cookie" in received:
        received["set-cookie"] = "\n".join(map(header_text, headers.getlist("set-cookie")))
    return received
