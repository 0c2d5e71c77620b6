"""The connection pool of the long-running programs.

Autocommit, because most methods are one statement; nothing is prepared and no session state is used, so that
PgBouncer in transaction mode may stand in between.
"""

from typing import Final

from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool

Pool = AsyncConnectionPool[AsyncConnection[DictRow]]

DEAD_PEER: Final = {"tcp_user_timeout": 5000, "keepalives_idle": 15}
"""A host that vanished without a word is noticed within seconds, not after the kernel's 15 minutes (ms, s)."""


async def open_pool(dsn: str, *, name: str, min_size: int = 1, max_size: int = 4, timeout_s: float = 5.0) -> Pool:
    """A pool that opens in the background, so that a program starts while the database is away.

    `name` is what the server's activity view shows, `timeout_s` the seconds to wait for a connection.
    """
    pool: Pool = AsyncConnectionPool(
        dsn,
        open=False,
        name=name,
        min_size=min_size,
        max_size=max_size,
        timeout=timeout_s,
        reconnect_timeout=30.0,
        kwargs={
            "autocommit": True,
            "prepare_threshold": None,
            "row_factory": dict_row,
            "application_name": name,
            "connect_timeout": 5,
            **DEAD_PEER,
        },
    )
    await pool.open(wait=False)
    return pool
