"""Driver errors become ours in one place.

OperationalError covers a server that is away, restarting or out of connections, disk or time, a lock that was not
to be had, a deadlock and the pool's time-out; a read-only transaction means a failover is under way; InterfaceError
is what a connection raises that broke between two statements: the driver does not count that as the server's doing.
Everything else (a constraint, a missing right) is a defect and passes through.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg.errors import InterfaceError, OperationalError, ReadOnlySqlTransaction

from penstock_core.errors import StoreUnavailable


@contextmanager
def translated() -> Iterator[None]:
    """Raises StoreUnavailable, its message without connection data, for what is worth another try."""
    try:
        yield
    except (OperationalError, InterfaceError, ReadOnlySqlTransaction) as error:
        reason = error.diag.message_primary or type(error).__name__
        raise StoreUnavailable(f"the database did not answer as it should: {reason}") from error
