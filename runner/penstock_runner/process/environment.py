"""What the Job hands to its runner; secrets are taken out of the environment before anything else runs."""

import os
from collections.abc import MutableMapping
from typing import NamedTuple
from uuid import UUID

from penstock_core import names
from penstock_runner.errors import ConfigurationError

_PR_SET_DUMPABLE = 4


class Settings(NamedTuple):
    """The runner's settings: exactly one of `execution` and `tick` is set.

    `fields` are the connections' values by connection and field; neither they nor the DSN are in the repr.
    """

    dsn: str
    namespace: str
    pod: str
    execution: UUID | None
    tick: str | None
    job: str
    fields: dict[str, dict[str, str]]

    def __repr__(self) -> str:
        return (
            f"Settings(namespace={self.namespace!r}, pod={self.pod!r}, execution={self.execution!r}, job={self.job!r})"
        )


def take(environment: MutableMapping[str, str]) -> Settings:
    """Read the settings and remove them, secrets first. Raises ConfigurationError."""
    dsn = environment.pop(names.ENV_DSN, "")
    fields = _take_fields(environment)
    taken = {
        name: environment.pop(name, "")
        for name in (names.ENV_NAMESPACE, names.ENV_POD, names.ENV_EXECUTION, names.ENV_TICK, names.ENV_JOB)
    }
    for name, value in ((names.ENV_DSN, dsn), (names.ENV_NAMESPACE, taken[names.ENV_NAMESPACE])):
        if not value:
            raise ConfigurationError(f"{name} is not set: this program is started by the Jobs that Penstock makes")
    execution, tick = taken[names.ENV_EXECUTION], taken[names.ENV_TICK]
    if bool(execution) == bool(tick):
        raise ConfigurationError(f"exactly one of {names.ENV_EXECUTION} and {names.ENV_TICK} must be set")
    return Settings(
        dsn=dsn,
        namespace=taken[names.ENV_NAMESPACE],
        pod=taken[names.ENV_POD] or os.uname().nodename,
        execution=_identifier(execution) if execution else None,
        tick=tick or None,
        job=taken[names.ENV_JOB],
        fields=fields,
    )


def _take_fields(environment: MutableMapping[str, str]) -> dict[str, dict[str, str]]:
    fields: dict[str, dict[str, str]] = {}
    for name in [name for name in environment if name.startswith(names.ENV_CONNECTION_PREFIX)]:
        connection, _, member = name.removeprefix(names.ENV_CONNECTION_PREFIX).partition(".")
        fields.setdefault(connection, {})[member] = environment.pop(name)
    return fields


def _identifier(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as exc:
        raise ConfigurationError(f"{names.ENV_EXECUTION} is not an execution's id: {text[:60]!r}") from exc


def hide() -> None:
    """Keep other processes of the same user from reading this one's memory and first environment."""
    import ctypes  # psycopg loads it anyway

    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        raise ConfigurationError(f"prctl(PR_SET_DUMPABLE) failed: {os.strerror(ctypes.get_errno())}")
