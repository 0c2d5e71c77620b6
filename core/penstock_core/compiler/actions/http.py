"""Checks a step's `http`."""

import re
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import Final

from penstock_core.body.text import codec_of, parse_content_type
from penstock_core.compiler.markup import unencoded
from penstock_core.compiler.step_check import ActionCheck, StepCheck, member
from penstock_core.errors import BodyError, ExpressionError, InvalidInput
from penstock_core.expressions import Scope
from penstock_core.expressions.quoting import did_you_mean, near
from penstock_core.http.addresses import address
from penstock_core.http.header_fields import name_problem, value_problem
from penstock_core.resources.actions.http import Http

_BODIES: Final = {"json": "json_", "form": "form", "body": "body"}
"""Members that make a body, with their names in the model."""


class HttpCheck(ActionCheck):
    """An address, templates, one body, and a connection that is declared."""

    def check(self, step: StepCheck, fields: Http, scope: Scope) -> None:
        """Gather what is wrong."""
        step.url("http.url", fields.url, scope)
        for name in ("query", "headers", *_BODIES):
            step.templates(f"http.{name}", member(fields, name), scope)
        _check_url(step, fields.url)
        _check_headers(step, fields.headers or {})
        _warn_of_markup(step, fields)
        # set to null is set, for a body of JSON null
        bodies = [name for name, attribute in _BODIES.items() if attribute in fields.model_fields_set]
        if len(bodies) > 1:
            step.add("http", f"a request has one body, and this has {' and '.join(bodies)}: keep one of them")
        _check_connection(step, fields.connection)


def _check_url(step: StepCheck, url: str) -> None:
    if not re.match(r"https?://[^/\s]|\$\{", url):
        step.add("http.url", "write an address that begins with https://, http:// or an expression")
    elif re.match(r"https?://([^/?#$]|\$(?!\{))*@", url):
        step.add(
            "http.url",
            "an address holds no user and password: keep them in a connection of type basic, and name it in http.connection",
        )
    elif "${" not in url:
        step.attempt("http.url", lambda: _check_address(url))
    elif literal := re.match(r"https?://[^/?#$]*(?=[/?#])", url):
        step.attempt("http.url", lambda: _check_address(literal[0]))


def _check_address(text: str) -> None:
    try:
        address(text)
    except InvalidInput as failure:
        raise ExpressionError(str(failure)) from failure


def _check_headers(step: StepCheck, headers: Mapping[str, str]) -> None:
    seen: set[str] = set()
    for name, text in headers.items():
        place = f"http.headers.{name}"
        if "${" not in name and (problem := name_problem(name)):
            step.add(place, problem)
        if name.lower() in seen:
            step.add(place, "this header is there twice, and case does not tell names apart: keep one of them")
        seen.add(name.lower())
        if "${" in text:
            continue
        if problem := value_problem(text):
            step.add(place, problem)
        elif name.lower() == "content-type":
            step.attempt(place, partial(_check_charset, text))


def _check_charset(content_type: str) -> None:
    charset = parse_content_type(content_type)[1].get("charset", "utf-8")
    try:
        codec_of(charset)
    except BodyError as failure:
        raise ExpressionError(f"nothing can be sent in the charset `{charset[:40]}`: write utf-8") from failure


def _warn_of_markup(step: StepCheck, fields: Http) -> None:
    declared = next((text for name, text in (fields.headers or {}).items() if name.lower() == "content-type"), "")
    if fields.body is not None and "${" in fields.body and "${" not in declared:
        with suppress(ExpressionError):  # what does not compile was told
            for found in unencoded(fields.body, declared):
                step.warn("http.body", found.message, line=found.line, column=found.column)


def _check_connection(step: StepCheck, name: str | None) -> None:
    if name is not None and name not in step.connections:
        known = ", ".join(sorted(step.connections)) or "none"
        close = did_you_mean(near(name, step.connections))
        step.add(
            "http.connection",
            f"the Integration declares no connection `{name}` (declared: {known}): add it to spec.connections,"
            f" or correct the name{f'; {close}' if close else ''}",
        )
