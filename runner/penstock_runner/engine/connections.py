"""Connections as a flow's actions use them: a description from the definition, fields from the environment.

Fields never leave this process but in the requests that they are for.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from penstock_core.names import LABEL_CONNECTION
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
        """The headers that authenticate a request. Raises Failure where the Instance or its Secret does not give what they need."""
        kind = self._type()
        if kind is None:
            name = self.description.get("type")
            message = f"connection `{self.name}` is of type `{name}`, which an http step cannot use"
            raise Failure("connection_type", message)
        if self.description.get("secret", "") is None:
            raise unset(self.name, self.description.get("fields", ()))
        for field in self.description.get("fields", ()):
            self._field(field, in_header=field in kind.in_headers(self.description))
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

    def _field(self, name: str, *, in_header: bool = False) -> str:
        from penstock_core.connections import fault_of, sent

        secret = f"the Secret {self.description['secret']}" if self.description.get("secret") else "its Secret"
        if name not in self.fields:
            raise _unusable(
                f"connection `{self.name}`: there is no field `{name}` of {secret}: that does not exist, lacks the key"
                f' {name}, or has not the label {LABEL_CONNECTION}: "true" (the condition Configured of the Instance says'
                f" which): create it with key and label"
            )
        fault = fault_of(self.fields[name], in_header=in_header)
        if fault:
            raise _unusable(f"connection `{self.name}`: the field {name} of {secret} {fault}")
        return sent(self.fields[name])


def unset(name: str, fields: Sequence[str] = ()) -> Failure:
    """What a step says whose connection the Instance does not set."""
    with_fields = f" with the key(s) {', '.join(fields)} and" if fields else " with"
    return _unusable(
        f"connection `{name}` is not set by the Instance, to which it is optional: set spec.connections.{name}.secretRef.name"
        f' to a Secret{with_fields} the label {LABEL_CONNECTION}: "true"'
    )


def _unusable(message: str) -> Failure:
    """Whatever it is that a request cannot be signed in with, before anything of it was sent."""
    return Failure("connection_unusable", f"{message}, then run the flow again")


def connections(descriptions: Mapping[str, Any], fields: Mapping[str, Mapping[str, str]]) -> dict[str, Connection]:
    """The definition's connections with the fields that the environment had for them."""
    return {
        name: Connection(name=name, description=description, fields=fields.get(name, {}))
        for name, description in descriptions.items()
    }
