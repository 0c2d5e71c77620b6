"""The types of connections, in one table: fields of their Secrets, description, headers, and what of them is secret.

`declared` is a connection as the Integration declares it, a description what `described` makes of it for the runner.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

Members = Mapping[str, Any]
FieldValue = Callable[[str], str]
"""From a field's name to its value in the Secret; raises what the caller says about a missing one."""


class ConnectionType:
    """One way to sign in. An instance has no state."""

    fields: tuple[str, ...] = ()
    """Of the Secret."""
    declares_fields = False
    """The Integration lists the fields of the Secret, and the headers that are made of them."""
    readable: frozenset[str] = frozenset()
    """Fields that are no secret, and stay readable in what is recorded."""

    def fields_of(self, declared: Members) -> tuple[str, ...]:
        """The fields of the Secret that a connection reads."""
        return tuple(declared.get("fields", ())) if self.declares_fields else self.fields

    def in_headers(self, described: Members) -> frozenset[str]:
        """The fields that stand in a header as they are, of a declaration or a description: what no header can hold is no value."""
        return frozenset()

    def readable_of(self, described: Members) -> frozenset[str]:
        """The fields that are no secret, of a declaration or a description."""
        return frozenset(described.get("readable") or ()) if self.declares_fields else self.readable

    def described(self, declared: Members) -> dict[str, Any]:
        """What the runner must know beside type and fields."""
        return {}

    def headers(self, description: Members, field: FieldValue) -> dict[str, str]:
        """The headers that authenticate a request."""
        raise NotImplementedError

    def secrets(self, description: Members, fields: Mapping[str, str]) -> Iterator[str]:
        """What must not be seen beside the fields themselves, made of those that are there."""
        return iter(())


class ApiKey(ConnectionType):
    """A key in a header."""

    fields = ("key",)

    def in_headers(self, described: Members) -> frozenset[str]:
        """The key."""
        return frozenset(self.fields)

    def described(self, declared: Members) -> dict[str, Any]:
        """Which header, and what stands before the key."""
        return {"header": declared.get("header", "Authorization"), "prefix": declared.get("prefix", "")}

    def headers(self, description: Members, field: FieldValue) -> dict[str, str]:
        """That header."""
        return {description.get("header") or "Authorization": f"{description.get('prefix') or ''}{field('key')}"}


class Basic(ConnectionType):
    """User name and password."""

    fields = ("username", "password")
    readable = frozenset({"username"})

    def headers(self, description: Members, field: FieldValue) -> dict[str, str]:
        """RFC 7617."""
        from base64 import b64encode

        both = f"{field('username')}:{field('password')}"
        return {"Authorization": f"Basic {b64encode(both.encode()).decode()}"}


class Bearer(ConnectionType):
    """A token."""

    fields = ("token",)

    def in_headers(self, described: Members) -> frozenset[str]:
        """The token."""
        return frozenset(self.fields)

    def headers(self, description: Members, field: FieldValue) -> dict[str, str]:
        """RFC 6750."""
        return {"Authorization": f"Bearer {field('token')}"}


class Custom(ConnectionType):
    """Headers with fields of the Secret in them."""

    declares_fields = True

    def in_headers(self, described: Members) -> frozenset[str]:
        """Those that a header's text names."""
        return frozenset().union(*(_used(text) for text in (described.get("headers") or {}).values()))

    def described(self, declared: Members) -> dict[str, Any]:
        """The texts of the headers, and which fields are no secret."""
        readable = {"readable": list(declared["readable"])} if declared.get("readable") else {}
        return {"headers": dict(declared.get("headers", {})), **readable}

    def headers(self, description: Members, field: FieldValue) -> dict[str, str]:
        """Each with its fields filled in."""
        headers = description.get("headers") or {}
        return {header: _filled(text, field) for header, text in headers.items()}

    def secrets(self, description: Members, fields: Mapping[str, str]) -> Iterator[str]:
        """Headers with secret fields in them, where all fields are there."""
        if fields.keys() >= set(description.get("fields", ())):
            readable = self.readable_of(description)
            for text in (description.get("headers") or {}).values():
                if _used(text) - readable:
                    yield _filled(text, lambda name: sent(fields[name]))


TYPES: Final[dict[str, ConnectionType]] = {
    "apiKey": ApiKey(),
    "basic": Basic(),
    "bearer": Bearer(),
    "custom": Custom(),
}


def described(declared: Members, *, secret: str | None) -> dict[str, Any]:
    """A declared connection as the definition has it: type, fields, what its type adds, and the name of its `secret`.

    The Secret is None where the Instance does not set the connection, and absent in definitions of release 0.1.
    """
    kind, fields = TYPES[declared["type"]], list(TYPES[declared["type"]].fields_of(declared))
    return {"type": declared["type"], "fields": fields, "secret": secret, **kind.described(declared)}


_FIELD: Final = r"\$\$\{|\$\{\s*(\w+)\s*\}"


def _filled(text: str, field: FieldValue) -> str:
    """A header's text with `${field}` replaced by that field, and `$${` by a literal `${`."""
    import re

    return re.sub(_FIELD, lambda match: field(match[1]) if match[1] else "${", text)


def _used(text: str) -> set[str]:
    """The fields that a header's text names."""
    import re

    return {name for name in re.findall(_FIELD, text) if name}


def sent(value: str) -> str:
    """A field as requests carry it: a Secret made from a file often ends in a line break, which no header may hold."""
    return value.rstrip("\r\n")


def fault_of(value: str, *, in_header: bool) -> str | None:
    """What is wrong with a field's value, and the cure, in words that follow `the field key of the Secret erp`.

    None where it can be sent. The words hold nothing of the value but a place in it.
    """
    if not value.strip():
        return f"is empty{' but for white space' if value else ''}: write its value"
    if value.startswith("\ufeff"):
        return "begins with a byte order mark: write the file that it is made of without one"
    for place, character in enumerate(sent(value) if in_header else "", 1):
        if character in "\r\n":
            return f"has a line break at character {place}, which no header can hold: write it in one line"
        if (character < " " and character != "\t") or character == "\x7f" or character > "\xff":
            return f"has at character {place} what no header can hold: correct or encode it"
    return None
