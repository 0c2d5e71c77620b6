"""Driver errors become ours in one place.

OperationalError covers a server that is away, restarting or out of connections, disk or time, a lock that was not
to be had, a deadlock and the pool's time-out; a read-only transaction means a failover is under way; InterfaceError
is what a connection raises that broke between two statements: the driver does not count that as the server's doing.
What the runner's functions refuse is StoreRefused, and a defect.
Everything else (a constraint, a missing right) is a defect too and passes through.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from psycopg.errors import (
    DatabaseError,
    DeadlockDetected,
    Error,
    InterfaceError,
    LockNotAvailable,
    OperationalError,
    QueryCanceled,
    ReadOnlySqlTransaction,
)

from penstock_core.errors import StoreContended, StoreRefused, StoreUnavailable

_REFUSALS: Final = "PN"
"""The class of SQLSTATEs with which the runner's functions refuse."""
_PASSWORD: Final = re.compile(r"password=('[^']*'|\S*)|//[^/@\s]*@")


@contextmanager
def translated() -> Iterator[None]:
    """Raises StoreUnavailable, its message without password and address, for what is worth another try."""
    try:
        yield
    # a deadlock is made by two, of which one may be a tenant, and so are rows that take a statement's whole time: as with
    # any lock, it concerns what this statement needs
    except (LockNotAvailable, DeadlockDetected, QueryCanceled) as error:
        raise StoreContended(f"the database did not answer as it should: {_reason(error)}") from error
    except (OperationalError, InterfaceError, ReadOnlySqlTransaction) as error:
        raise StoreUnavailable(f"the database did not answer as it should: {_reason(error)}") from error
    except DatabaseError as error:
        if (error.sqlstate or "").startswith(_REFUSALS):
            raise StoreRefused(f"the database refuses this: {_reason(error)}") from error
        raise


def _reason(error: Error) -> str:
    """The server's own words; where no connection came about, libpq's: wrong password, unknown name and TLS look different.

    What libpq says is `connection to server at …, port … failed: <reason>`, over several lines at times, and once for
    each address that it tried.
    """
    if error.diag.message_primary:
        return error.diag.message_primary
    lines = str(error).splitlines()
    line = next((one for one in lines if "failed: " in one), lines[0] if lines else "")
    return _PASSWORD.sub("", line.rpartition("failed: ")[2]).strip() or type(error).__name__
