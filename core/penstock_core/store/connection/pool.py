"""The connection pools of the long-running programs.

Autocommit, because most methods are one statement; no session state is used, and nothing is prepared unless a program asks for
it, so that PgBouncer in transaction mode may stand in between.
A pool knows within which limits its statements run, and who is told of rows that cannot be understood.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool

from penstock_core.store.connection.limits import OPERATOR, Limits
from penstock_core.store.connection.readable import PutAside, load_every_row

DEAD_PEER: Final = {"tcp_user_timeout": 5000, "keepalives_idle": 15}
"""A host that vanished without a word is noticed within seconds, not after the kernel's 15 minutes (ms, s)."""


class Pool(AsyncConnectionPool[AsyncConnection[DictRow]]):
    """Connections; `limits` None leaves it to the settings of the role, `aside` takes what cannot be understood."""

    def __init__(
        self, dsn: str | Callable[[], Awaitable[str]], *, limits: Limits | None, aside: PutAside, **options: Any
    ) -> None:
        super().__init__(dsn, configure=load_every_row, **options)
        self.limits = limits
        self.aside = aside


def make_pool(
    dsn: str | Callable[[], Awaitable[str]],
    *,
    name: str,
    limits: Limits | None,
    aside: PutAside | None = None,
    min_size: int = 1,
    max_size: int = 4,
    timeout_s: float = 5.0,
    connect_s: int = 5,
    max_waiting: int = 0,
    prepare_after: int | None = None,
) -> Pool:
    """A pool that is not open yet; a `dsn` that is a function is called for every new connection.

    `name` is what the server's activity view shows. Seconds to wait: `timeout_s` for a connection of the pool, `connect_s` for a
    new one. Beyond `max_waiting` callers the next is refused at once, 0: none is. A statement is prepared after it was sent
    `prepare_after` times, None: never, since PgBouncer may stand in between.
    """
    return Pool(
        dsn,
        limits=limits,
        aside=aside or PutAside(),
        open=False,
        name=name,
        min_size=min_size,
        max_size=max_size,
        timeout=timeout_s,
        max_waiting=max_waiting,
        reconnect_timeout=30.0,
        kwargs={
            "autocommit": True,
            "prepare_threshold": prepare_after,
            "row_factory": dict_row,
            "application_name": name,
            "connect_timeout": connect_s,
            **DEAD_PEER,
        },
    )


async def open_pool(
    dsn: str,
    *,
    name: str,
    limits: Limits | None = OPERATOR,
    aside: PutAside | None = None,
    min_size: int = 1,
    max_size: int = 4,
    timeout_s: float = 5.0,
) -> Pool:
    """A pool that opens in the background, so that a program starts while the database is away; see `make_pool`."""
    pool = make_pool(
        dsn, name=name, limits=limits, aside=aside, min_size=min_size, max_size=max_size, timeout_s=timeout_s
    )
    await pool.open(wait=False)
    return pool
