"""Connections as a flow's actions use them: a description from the definition, fields from the environment.

Fields never leave this process but in the requests that they are for.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from penstock_runner.errors import Failure


class Connection(NamedTuple):
    """One connection: `description` as the definition has it, `fields` with the secret values (not in its repr)."""

    name: str
    description: Mapping[str, Any]
    fields: Mapping[str, str]

    def __repr__(self) -> str:
        return f"Connection(name={self.name!r}, description={self.description!r})"

    def headers(self) -> dict[str, str]:
        """The headers that authenticate a request. Raises Failure where a field is missing."""
        match self.description.get("type"):
            case "apiKey":
                key = f"{self.description.get('prefix') or ''}{self._field('key')}"
                return {self.description.get("header") or "Authorization": key}
            case "bearer":
                return {"Authorization": f"Bearer {self._field('token')}"}
            case "basic":
                return {"Authorization": f"Basic {self._basic()}"}
            case "custom":
                headers = self.description.get("headers") or {}
                return {header: self._filled(text) for header, text in headers.items()}
        raise Failure(
            "connection_type",
            f"connection {self.name!r} is of type {self.description.get('type')!r}, which an http step cannot use",
        )

    def secrets(self) -> Iterator[str]:
        """Every value that must not be seen, and those that are made of several of them."""
        yield from self.fields.values()
        if self.description.get("type") == "custom" and self.fields.keys() >= set(self.description.get("fields", ())):
            headers = (self.description.get("headers") or {}).values()
            yield from (self._filled(text) for text in headers if "${" in text.replace("$${", ""))
        if {"username", "password"} <= self.fields.keys():
            yield f"{self.fields['username']}:{self.fields['password']}"

    def _filled(self, text: str) -> str:
        """A header's text with `${field}` replaced by that field, and `$${` by a literal `${`."""
        import re

        return re.sub(r"\$\$\{|\$\{\s*(\w+)\s*\}", lambda match: self._field(match[1]) if match[1] else "${", text)

    def _basic(self) -> str:
        from base64 import b64encode

        return b64encode(f"{self._field('username')}:{self._field('password')}".encode()).decode()

    def _field(self, name: str) -> str:
        if name not in self.fields:
            raise Failure(
                "connection_field_missing",
                f"connection {self.name!r} has no field {name!r}: add the key {name!r} to its Secret,"
                " then run the flow again",
            )
        # a Secret made from a file often ends in a line break, which no header may hold
        return self.fields[name].rstrip("\r\n")


def connections(descriptions: Mapping[str, Any], fields: Mapping[str, Mapping[str, str]]) -> dict[str, Connection]:
    """The definition's connections with the fields that the environment had for them."""
    return {
        name: Connection(name=name, description=description, fields=fields.get(name, {}))
        for name, description in descriptions.items()
    }
