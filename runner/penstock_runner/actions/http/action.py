"""`http`: one request, without retries of its own; the step's `retry` decides about those."""

from typing import Any

from penstock_runner.engine.action import Action, Call
from penstock_runner.engine.interrupt import Apart
from penstock_runner.errors import Failure


class Http(Action):
    """Sends the request and reads the response. It has an effect by every method: what is asked for may count requests."""

    def run(self, call: Call) -> Any:
        """{status, headers, body, bytes, url}; raises Failure for a status that is not expected, and a body that is not read."""
        from penstock_runner.actions.http.exchange import (
            Exchange,  # the HTTP client takes 40 ms: only who sends loads it
        )

        exchange = Exchange(call)
        output = Apart(exchange.run, call.flow.interrupt).run(until=call.deadline)
        call.attempt.warnings = (*call.attempt.warnings, *exchange.warnings)
        return _readable(call, _expected(call, output), exchange.problem)


def _expected(call: Call, output: dict[str, Any]) -> dict[str, Any]:
    status = output["status"]
    expected = [str(each).lower() for each in call.input.get("expectStatus") or ["2xx"]]
    if str(status) in expected or f"{status // 100}xx" in expected:
        return output
    message = f"{_answered(call, output)}, not {' or '.join(expected)}{_begins(call, output)}"
    raise Failure("http_status", message, details={"status": status}, output=output)


def _readable(call: Call, output: dict[str, Any], problem: str) -> dict[str, Any]:
    """The output, where its body is what it is declared to be."""
    if not problem:
        return output
    message = (
        f"{_answered(call, output)}, but {problem}{_begins(call, output)}; `parse: bytes` takes any body as it is,"
        " `parse: text` as text"
    )
    raise Failure("http_body_undecodable", message, details={"status": output["status"]}, output=output)


def _answered(call: Call, output: dict[str, Any]) -> str:
    status = output["status"]
    return f"{call.input.get('method') or 'GET'} {output['url']} answered {status}{_phrase(status)}"


def _begins(call: Call, output: dict[str, Any]) -> str:
    body = output["body"]
    if isinstance(body, bytes):
        body = body.decode(errors="backslashreplace")
    # masked before it is cut: nobody finds a secret in its first half
    text = str(call.flow.masker.mask(body) if body is not None else "")
    return f"; the body begins: {text[:300]}" if text else ""


def _phrase(status: int) -> str:
    from http import HTTPStatus

    try:
        return f" {HTTPStatus(status).phrase}"
    except ValueError:
        return ""
