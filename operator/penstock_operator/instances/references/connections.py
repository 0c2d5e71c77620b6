"""Which Secret serves which connection of an Instance, and what is wrong with them. Pure: Secrets come in, sentences come out.

A connection's value never leaves this module: only names of Secrets and of their fields do.
"""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from penstock_core import names
from penstock_core.connections import TYPES, fault_of, sent
from penstock_core.expressions.quoting import did_you_mean, near
from penstock_core.masking import MIN_LENGTH
from penstock_core.observed.content import DeclaredConnection
from penstock_core.observed.data import Secret

SecretLookup = Callable[[str], Secret | None]
"""From a Secret's name, in the Instance's namespace, to the object; None where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A connection that is ready for use; `declared` is its declaration in the Integration."""

    secret_name: str
    declared: DeclaredConnection

    def for_flow(self) -> dict[str, Any]:
        """As it stands in `Flow.spec.connections`."""
        declared = self.declared
        return {
            "name": declared.name,
            "type": declared.type,
            "secretName": self.secret_name,
            "fields": list(declared.fields),
        }


MAX_VARIABLE_BYTES: Final = 128 * 1024
"""Of an environment variable with its name: the kernel starts no program with a longer one."""
MAX_ENVIRONMENT_BYTES: Final = 1024 * 1024
"""Of all together, of which the kernel takes two MiB with the arguments."""


def resolve(
    declared: Sequence[DeclaredConnection], given: Mapping[str, str], *, secret: SecretLookup
) -> tuple[dict[str, Connection], list[str]]:
    """The connections that can be used, by name, and a sentence for each that is missing or wrong.

    `declared` is the Integration's list, `given` are names of Secrets, as the Instance says.
    """
    found: dict[str, Connection] = {}
    names_declared = {one.name for one in declared}
    problems = [unknown(name, declared) for name in given if name not in names_declared]
    for one in declared:
        name = one.name
        if name not in given:
            if one.required:
                problems.append(_missing(one))
            continue
        secret_name = given[name]
        problem = (
            problem_of(secret_name, one.fields, secret=secret)
            or no_variable(one.fields, secret(secret_name), connection=name)
            or _unsendable(one, secret(secret_name))
        )
        if problem:
            problems.append(f"connection {name}: {problem}")
            continue
        found[name] = Connection(secret_name=secret_name, declared=one)
    if sum(len(value) for one in found.values() for value in _values(one, secret).values()) > MAX_ENVIRONMENT_BYTES:
        problems.append(
            f"spec.connections: the values of all connections together are larger than {MAX_ENVIRONMENT_BYTES} bytes:"
            " no program starts with so much in its environment; shorten them"
        )
    return found, problems


def warnings(connections: Mapping[str, Connection], *, secret: SecretLookup) -> list[str]:
    """A sentence for each field that is too short to be masked, or has white space around it that nobody sees."""
    sentences = []
    for name, connection in connections.items():
        readable = connection.declared.readable
        values = {field: value.decode() for field, value in _values(connection, secret).items()}
        short = [field for field, text in values.items() if field not in readable and len(text.strip()) < MIN_LENGTH]
        if short:
            sentences.append(
                f"connection {name}: {_listed(short)} of the Secret {connection.secret_name} has fewer than {MIN_LENGTH}"
                " characters, which turn up everywhere by chance: it is not masked in what is recorded; take a longer one"
            )
        for field, text in values.items():
            place = f"connection {name}: {field} of the Secret {connection.secret_name}"
            if sent(text) != text:
                sentences.append(f"{place} ends in a line break, which no header can hold: it is sent without it")
            if sent(text) != text.strip():
                sentences.append(f"{place} begins or ends with white space, which is sent as it stands")
    return sentences


def optional_unset(
    declared: Sequence[DeclaredConnection], given: Mapping[str, str], *, used: frozenset[str]
) -> list[str]:
    """A sentence for each optional connection that steps use and the Instance does not set."""
    return [
        f"connection {one.name} is optional and not set: steps that use it fail, until spec.connections.{one.name} is"
        for one in declared
        if one.name in used and one.name not in given
    ]


def problem_of(secret_name: str, fields: Sequence[str], *, secret: SecretLookup) -> str | None:
    """What keeps a Secret from serving, with the remedy; None where nothing does."""
    item = secret(secret_name)
    if item is None:
        return f"the Secret {secret_name} does not exist: create it with the label {names.LABEL_CONNECTION}=true"
    if item.labels.get(names.LABEL_MANAGED_BY) == names.MANAGER:
        return f"the Secret {secret_name} is Penstock's own: name a Secret of yours"
    if not is_offered(item):
        return f'the Secret {secret_name} lacks the label {names.LABEL_CONNECTION}: "true", which says that Penstock may use it'
    missing = [field for field in fields if field not in item.data]
    if missing:
        has = _listed(sorted(item.data)) or "nothing"
        return f"the Secret {secret_name} lacks {_listed(missing)} (it has: {has}): add what is missing to it"
    empty = [field for field in fields if not item.data[field]]
    if empty:
        return f"{_listed(empty)} of the Secret {secret_name} is empty: write its value"
    return None


def _unsendable(declared: DeclaredConnection, secret: Secret | None) -> str | None:
    """What of the fields no request can carry, in the words that a step would fail with; None where all can."""
    kind = TYPES.get(declared.type)
    in_headers = kind.in_headers(declared.written) if kind else frozenset()
    for field in declared.fields:
        fault = fault_of((_value(secret, field) or b"").decode(), in_header=field in in_headers)
        if fault:
            return f"the field {field} of the Secret {secret.name if secret else ''} {fault}"
    return None


def no_variable(fields: Sequence[str], secret: Secret | None, *, connection: str = "") -> str | None:
    """Why a runner cannot be given one of the fields, which are variables of its environment; None where it can."""
    for field in fields:
        value = _value(secret, field)
        place = f"the field {field} of the Secret {secret.name if secret else ''}"
        if value is None:
            return f"{place} is not base64: write it anew"
        if b"\0" in value:
            return f"{place} holds a NUL byte, which no environment variable can: remove it, or encode the value"
        if not _is_text(value):
            return f"{place} is no text in UTF-8, which an environment variable must be: encode the value, as in base64"
        if len(value) + len(names.ENV_CONNECTION_PREFIX + connection + field) + 3 > MAX_VARIABLE_BYTES:
            return (
                f"{place} has {len(value)} bytes, and an environment variable {MAX_VARIABLE_BYTES} at most: shorten it"
            )
    return None


def _values(connection: Connection, secret: SecretLookup) -> dict[str, bytes]:
    item = secret(connection.secret_name)
    return {field: _value(item, field) or b"" for field in connection.declared.fields}


def _value(secret: Secret | None, field: str) -> bytes | None:
    try:
        return base64.b64decode(secret.data.get(field, "") if secret else "", validate=True)
    except ValueError:
        return None


def _is_text(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


def is_offered(secret: Secret) -> bool:
    """Whether a Secret's label says that Penstock may use it."""
    return secret.labels.get(names.LABEL_CONNECTION) == "true"


def unknown(name: str, declared: Sequence[DeclaredConnection]) -> str:
    """The sentence for a connection that the Integration does not declare."""
    known = _listed([one.name for one in declared]) or "none"
    found = did_you_mean(near(name, [one.name for one in declared]))
    close = f"; {found}" if found else ""
    return f"connection {name} is not declared by the Integration (declared: {known}): remove it from spec.connections{close}"


def used_by(steps: Any) -> frozenset[str]:
    """Names of the connections that a flow's steps name, at any depth."""
    return frozenset(_names_in(steps))


def _names_in(value: Any) -> set[str]:
    if isinstance(value, Mapping):
        own = {value["connection"]} if isinstance(value.get("connection"), str) else set()
        return own.union(*(_names_in(inner) for inner in value.values()))
    if isinstance(value, list | tuple):
        return set().union(*(_names_in(inner) for inner in value))
    return set()


def _missing(one: DeclaredConnection) -> str:
    purpose = f" ({one.description})" if one.description else ""
    fields = _listed(one.fields)
    return f"connection {one.name} of type {one.type} is required{purpose}: set spec.connections.{one.name}.secretRef.name to a Secret with the field(s) {fields}"


def _listed(words: Sequence[str]) -> str:
    return ", ".join(words)
