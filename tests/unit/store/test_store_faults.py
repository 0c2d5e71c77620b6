"""Which driver errors are worth another try."""

import psycopg
import psycopg_pool
import pytest
from psycopg import errors

from penstock_core.errors import StoreContended, StoreUnavailable
from penstock_core.store.connection.faults import translated

PASSING = [
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg_pool.PoolTimeout,
    psycopg_pool.PoolClosed,
    errors.DiskFull,
    errors.TooManyConnections,
    errors.AdminShutdown,
    errors.CrashShutdown,
    errors.CannotConnectNow,
    errors.QueryCanceled,
    errors.LockNotAvailable,
    errors.DeadlockDetected,
    errors.SerializationFailure,
    errors.ReadOnlySqlTransaction,
    errors.IoError,
    errors.ConnectionFailure,
]
LASTING = [errors.UniqueViolation, errors.InsufficientPrivilege, errors.UndefinedTable, errors.CheckViolation]


@pytest.mark.parametrize("error", PASSING)
def test_what_passes_is_unavailable(error: type[psycopg.Error]) -> None:
    """Errors of a server that is away, busy or failing over become StoreUnavailable, with their cause."""
    with pytest.raises(StoreUnavailable) as caught, translated():
        raise error("connection to host=db password=secret failed")

    assert isinstance(caught.value.__cause__, error)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("error", LASTING)
def test_defects_pass_through(error: type[psycopg.Error]) -> None:
    """Errors that another try would repeat keep their type."""
    with pytest.raises(error), translated():
        raise error


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (
            'connection failed: connection to server at "10.0.0.1", port 5432 failed: FATAL:  password authentication failed for user "a"',
            'FATAL:  password authentication failed for user "a"',
        ),
        (
            'connection failed: connection to server at "10.0.0.1", port 5432 failed: root certificate file "/x" does not exist\nEither',
            'root certificate file "/x" does not exist',
        ),
        (
            "Multiple connection attempts failed. All failures were:\n- host: 'db': connection failed: connection to server failed: Connection refused",
            "Connection refused",
        ),
        ("failed to resolve host 'db': [Errno -2] Name or service not known", "Name or service not known"),
    ],
)
def test_reasons_without_a_connection_are_told_apart(said: str, reason: str) -> None:
    """A wrong password, a missing authority, a refused connection and an unknown name read differently."""
    with pytest.raises(StoreUnavailable, match="did not answer") as caught, translated():
        raise psycopg.OperationalError(said)

    assert str(caught.value).endswith(reason)


@pytest.mark.parametrize("error", [errors.LockNotAvailable, errors.DeadlockDetected, errors.QueryCanceled])
def test_what_concerns_one_statement_is_told_apart(error: type[psycopg.Error]) -> None:
    """A lock that was not to be had, and a statement that took too long, say so: the rest of the database works."""
    with pytest.raises(StoreContended), translated():
        raise error("canceling statement due to lock timeout")
