"""`http`: one request, without retries of its own; the step's `retry` decides about those."""

from typing import Any

from penstock_runner.engine.action import Action, Call
from penstock_runner.engine.interrupt import Apart
from penstock_runner.errors import Failure


class Http(Action):
    """Sends the request and reads the response. It has an effect by every method: what is asked for may count requests."""

    def run(self, call: Call) -> Any:
        """{status, headers, body, bytes, url}; raises Failure for every other status than the expected ones."""
        from penstock_runner.actions.http.exchange import (
            Exchange,  # the HTTP client takes 40 ms: only who sends loads it
        )

        exchange = Exchange(call)
        output = Apart(exchange.run, call.flow.interrupt).run(until=call.deadline)
        call.attempt.warnings = (*call.attempt.warnings, *exchange.warnings)
        return _expected(call, output)


def _expected(call: Call, output: dict[str, Any]) -> dict[str, Any]:
    given, status = call.input, output["status"]
    expected = [str(each).lower() for each in given.get("expectStatus") or ["2xx"]]
    if str(status) in expected or f"{status // 100}xx" in expected:
        return output
    # masked before it is cut: nobody finds a secret in its first half
    body = str(call.flow.masker.mask(output["body"]) if output["body"] is not None else "")
    begins = f"; the body begins: {body[:300]}" if body else ""
    message = f"{given.get('method') or 'GET'} {output['url']} answered {status}{_phrase(status)}, not {' or '.join(expected)}{begins}"
    raise Failure("http_status", message, details={"status": status}, output=output)


def _phrase(status: int) -> str:
    from http import HTTPStatus

    try:
        return f" {HTTPStatus(status).phrase}"
    except ValueError:
        return ""
