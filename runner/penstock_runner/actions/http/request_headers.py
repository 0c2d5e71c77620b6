"""The header fields of a request: each once, under the name that it was given."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from penstock_core.http.header_fields import name_problem, value_problem
from penstock_runner.actions.http.request_content import as_sent
from penstock_runner.engine.action import Call
from penstock_runner.engine.connections import unset
from penstock_runner.errors import Failure


class Fields:
    """Header fields by their names in any case of letters; the last one of a name stays."""

    def __init__(self, fields: Mapping[str, str] | None = None) -> None:
        self._fields = {name.lower(): (name, value) for name, value in (fields or {}).items()}

    def get(self, name: str) -> str:
        """A field's value, '' where there is none."""
        return self._fields.get(name.lower(), ("", ""))[1]

    def default(self, name: str, value: str) -> None:
        """Add a field where there is none of its name."""
        self._fields.setdefault(name.lower(), (name, value))

    def keep(self, wanted: Any) -> None:
        """Drop those whose lower-case names `wanted` answers with False."""
        self._fields = {lower: field for lower, field in self._fields.items() if wanted(lower)}

    def together(self, others: "Fields") -> dict[str, str]:
        """These fields and others, which win."""
        return dict((self._fields | others._fields).values())


def given_fields(headers: Any) -> Fields:
    """The step's own; null leaves one out. Raises Failure, which names the field."""
    return Fields(dict(_sendable(_texts(headers or {}))))


def sign_in_fields(call: Call) -> Fields:
    """Those of the step's connection. Raises Failure."""
    name = call.input.get("connection")
    if not name:
        return Fields()
    connection = call.flow.connections.get(name)
    if connection is None:
        raise unset(name)
    return Fields(dict(_signing(name, connection.headers())))


def _texts(headers: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in headers.items():
        if value is not None:
            yield name, as_sent(f"http.headers.{name}", value)


def _sendable(fields: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for name, text in fields:
        if problem := name_problem(name) or value_problem(text):
            raise Failure("invalid_input", f"http.headers.{name}: {problem}")
        yield name, text


def _signing(connection: str, fields: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Fields made of a Secret, of which no message shows a character; a blank at an end of it is for who gets it to cut off."""
    for name, text in fields.items():
        problem = name_problem(name)
        if not problem and value_problem(text.strip(" \t")):
            problem = (
                "a field of its Secret holds what no header may: a line break, another control character, or a character"
                " beyond ISO 8859-1"
            )
        if problem:
            raise Failure("invalid_input", f"connection `{connection}`: header {name}: {problem}")
        yield name, text
