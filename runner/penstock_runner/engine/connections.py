"""Connections as a flow's actions use them: a description from the definition, fields from the environment.

Fields never leave this process but in the requests that they are for.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from penstock_runner.errors import Failure

if TYPE_CHECKING:
    from penstock_core.connections import ConnectionType


class Connection(NamedTuple):
    """One connection: `description` as the definition has it, `fields` with the secret values (not in its repr)."""

    name: str
    description: Mapping[str, Any]
    fields: Mapping[str, str]

    def __repr__(self) -> str:
        return f"Connection(name={self.name!r}, description={self.description!r})"

    def headers(self) -> dict[str, str]:
        """The headers that authenticate a request. Raises Failure where a field is missing."""
        kind = self._type()
        if kind is None:
            name = self.description.get("type")
            message = f"connection {self.name!r} is of type {name!r}, which an http step cannot use"
            raise Failure("connection_type", message)
        return kind.headers(self.description, self._field)

    def secrets(self) -> Iterator[str]:
        """Every value that must not be seen, and those that are made of several of them."""
        kind = self._type()
        readable = kind.readable_of(self.description) if kind else frozenset()
        yield from (value for name, value in self.fields.items() if name not in readable)
        if kind:
            yield from kind.secrets(self.description, self.fields)
        # of every type: whoever has both may put them together
        if {"username", "password"} <= self.fields.keys():
            yield f"{self.fields['username']}:{self.fields['password']}"

    def _type(self) -> "ConnectionType | None":
        from penstock_core.connections import TYPES  # only flows that have connections load it

        return TYPES.get(self.description.get("type", ""))

    def _field(self, name: str) -> str:
        from penstock_core.connections import sent

        if name not in self.fields:
            raise Failure(
                "connection_field_missing",
                f"connection {self.name!r} has no field {name!r}: add the key {name!r} to its Secret,"
                " then run the flow again",
            )
        return sent(self.fields[name])


def connections(descriptions: Mapping[str, Any], fields: Mapping[str, Mapping[str, str]]) -> dict[str, Connection]:
    """The definition's connections with the fields that the environment had for them."""
    return {
        name: Connection(name=name, description=description, fields=fields.get(name, {}))
        for name, description in descriptions.items()
    }
