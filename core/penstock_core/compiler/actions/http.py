"""Checks a step's `http`."""

import re
from typing import Final

from penstock_core.compiler.step_check import ActionCheck, StepCheck, member
from penstock_core.expressions import Scope
from penstock_core.expressions.quoting import did_you_mean, near
from penstock_core.resources.actions.http import Http

_HEADER: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_BODIES: Final = {"json": "json_", "form": "form", "body": "body"}
"""Members that make a body, with their names in the model."""


class HttpCheck(ActionCheck):
    """An address, templates, one body, and a connection that is declared."""

    def check(self, step: StepCheck, fields: Http, scope: Scope) -> None:
        """Gather what is wrong."""
        for name in ("url", "query", "headers", *_BODIES):
            step.templates(f"http.{name}", member(fields, name), scope)
        _check_url(step, fields.url)
        for header in fields.headers or {}:
            if not _HEADER.fullmatch(header):
                step.add(f"http.headers.{header}", "this is no name of a header field: correct it")
        # set to null is set, for a body of JSON null
        bodies = [name for name, attribute in _BODIES.items() if attribute in fields.model_fields_set]
        if len(bodies) > 1:
            step.add("http", f"a request has one body, and this has {' and '.join(bodies)}: keep one of them")
        _check_connection(step, fields.connection)


def _check_url(step: StepCheck, url: str) -> None:
    if not re.match(r"https?://[^/\s]|\$\{", url):
        step.add("http.url", "write an address that begins with https://, http:// or an expression")
    if re.match(r"https?://([^/?#$]|\$(?!\{))*@", url):
        step.add(
            "http.url",
            "an address holds no user and password: keep them in a connection of type basic, and name it in http.connection",
        )


def _check_connection(step: StepCheck, name: str | None) -> None:
    if name is not None and name not in step.connections:
        known = ", ".join(sorted(step.connections)) or "none"
        close = did_you_mean(near(name, step.connections))
        step.add(
            "http.connection",
            f"the Integration declares no connection `{name}` (declared: {known}): add it to spec.connections,"
            f" or correct the name{f'; {close}' if close else ''}",
        )
