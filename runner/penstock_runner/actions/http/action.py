"""`http`: one request, without retries of its own; the step's `retry` decides about those."""

from typing import TYPE_CHECKING, Any

from penstock_core.masking import MASK
from penstock_core.masking.headers import is_credential
from penstock_runner.engine.action import Action, Call
from penstock_runner.engine.interrupt import Apart
from penstock_runner.errors import Failure

if TYPE_CHECKING:
    from penstock_runner.actions.http.exchange import Exchange


class Http(Action):
    """Sends the request and reads the response. It has an effect by every method: what is asked for may count requests."""

    url_members = frozenset({"url"})

    def prepare(self, call: Call) -> None:
        """Write the address as it will be asked, so that the record has it so. Raises Failure where nothing can be asked.

        Of headers that sign in, which a step may have from an answer and no connection knows, the record has the names alone.
        """
        from penstock_runner.actions.http.exchange import (
            asked,  # the HTTP client takes 40 ms: only who sends loads it
        )

        call.input["url"] = asked(call.input.get("url")).url
        if headers := call.input.get("headers"):
            kept = {name: MASK if is_credential(name) else value for name, value in headers.items()}
            call.attempt.input = {**call.input, "headers": kept}

    def run(self, call: Call) -> Any:
        """{status, headers, body, bytes, url}; raises Failure for a status that is not expected, and a body that is not read."""
        from penstock_runner.actions.http.exchange import Exchange

        exchange = Exchange(call)
        call.attempt.waits = exchange.progress
        output = Apart(exchange.run, call.flow.interrupt).run(until=call.deadline)
        call.attempt.warnings = (*call.attempt.warnings, *exchange.warnings)
        return _readable(call, _expected(call, output, exchange), exchange)


def _expected(call: Call, output: dict[str, Any], exchange: "Exchange") -> dict[str, Any]:
    status = output["status"]
    expected = [str(each).lower() for each in call.input.get("expectStatus") or ["2xx"]]
    if str(status) in expected or f"{status // 100}xx" in expected:
        return output
    message = f"{_answered(call, output)}, not {' or '.join(expected)}{_quoted(call, exchange)}"
    raise Failure("http_status", message, details=_details(call, output), output=output)


def _readable(call: Call, output: dict[str, Any], exchange: "Exchange") -> dict[str, Any]:
    """The output, where its body is what it is declared to be."""
    if not exchange.problem:
        return output
    message = (
        f"{_answered(call, output)}, but {exchange.problem}{_quoted(call, exchange)}; `parse: bytes` takes any body as it is,"
        " `parse: text` as text"
    )
    raise Failure("http_body_undecodable", message, details=_details(call, output), output=output)


def _details(call: Call, output: dict[str, Any]) -> dict[str, int]:
    """The status, and the seconds that the answer's `Retry-After` asks for: what the step's `retry` waits."""
    details: dict[str, int] = {"status": output["status"]}
    if "retry-after" in output["headers"]:
        from penstock_runner.actions.http.retry_after import asked_seconds  # few answers have it

        seconds = asked_seconds(output["headers"], now=call.flow.clock.now())
        if seconds is not None:
            details["retryAfter"] = seconds
    return details


def _answered(call: Call, output: dict[str, Any]) -> str:
    status = output["status"]
    return f"{call.input.get('method') or 'GET'} {output['url']} answered {status}{_phrase(status)}"


def _quoted(call: Call, exchange: "Exchange") -> str:
    """How a body begins, as it came."""
    raw = exchange.content.raw
    if not raw:
        return ""
    from penstock_core import body as bodies
    from penstock_core.body.text import windows_1252
    from penstock_core.errors import BodyError

    media_type, parameters = bodies.parse_content_type(exchange.content_type)
    try:
        text = bodies.read(raw, parameters.get("charset", "")).text
    except BodyError:
        text = windows_1252(raw)
    if "\x00" in text:
        return f"; the body is {len(raw)} bytes of {media_type or 'no declared type'}"
    # masked before it is cut: nobody finds a secret in its first half
    return f"; the body begins: {call.flow.masker.text(text)[:300]}"


def _phrase(status: int) -> str:
    from http import HTTPStatus

    try:
        return f" {HTTPStatus(status).phrase}"
    except ValueError:
        return ""
