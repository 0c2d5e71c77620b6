"""The body of a request, of what the http action was given."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from penstock_core.errors import UnusableValue
from penstock_core.json_text import json_text
from penstock_runner.errors import Failure


def request_body(given: Mapping[str, Any]) -> tuple[str, bytes | None]:
    """Content type and bytes of one of `json`, `form` and `body`; nothing where none is set. Raises Failure."""
    if "json" in given:
        return "application/json", _json(given["json"])
    if given.get("form") is not None:
        return "application/x-www-form-urlencoded", urlencoded(given["form"]).encode()
    raw = given.get("body")
    if raw is None:
        return "", None
    if isinstance(raw, bytes):
        return "application/octet-stream", raw
    if isinstance(raw, str):
        return "text/plain; charset=utf-8", raw.encode(errors="replace")
    return "application/json", _json(raw)


def urlencoded(fields: Mapping[str, Any]) -> str:
    """Fields of a form or a query: a list repeats its name, null is left out, everything else is text as in templates."""
    from penstock_core.expressions.values import as_text  # many requests have neither

    pairs = ((name, each) for name, value in fields.items() for each in (value if isinstance(value, list) else [value]))
    return urlencode([(name, as_text(each)) for name, each in pairs if each is not None], errors="replace")


def _json(value: Any) -> bytes:
    try:
        return json_text(value).encode()
    except UnusableValue as exc:
        raise Failure("invalid_input", f"http.{exc.inside('json')}", details={"field": "http.json"}) from exc
