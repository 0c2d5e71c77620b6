"""The types of connections: the fields of their Secrets and what they become."""

from collections.abc import Mapping
from typing import Any, Final

SECRET_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "apiKey": ("key",),
    "basic": ("username", "password"),
    "bearer": ("token",),
}
"""Fields of the Secret by the connection's type; a custom connection names its own."""


def described(declared: Mapping[str, Any]) -> dict[str, Any]:
    kind = declared["type"]
    described: dict[str, Any] = {"type": kind, "fields": list(SECRET_FIELDS.get(kind) or declared.get("fields", ()))}
    if kind == "apiKey":
        described |= {"header": declared.get("header", "Authorization"), "prefix": declared.get("prefix", "")}
    if kind == "custom":
        described["headers"] = dict(declared.get("headers", {}))
    return described
