"""The gateway's way to Postgres: the DSN from a Secret, the pools, and the answer to "not yet".

The operator writes the Secret after it has migrated the database; until then the gateway serves and says 503.
The DSN is read again for every new connection, so that a changed password needs no restart.
"""

import asyncio
import base64
import binascii
import logging
from typing import Final

from psycopg_pool import PoolTimeout

from penstock_core.cluster import SECRETS, Cluster
from penstock_core.errors import ClusterError, NotFound, StoreUnavailable
from penstock_core.store.connection.limits import READING, Limits
from penstock_core.store.connection.pool import Pool, make_pool
from penstock_core.store.connection.readable import PutAside
from penstock_core.store.executions.acceptance import Acceptances

POLL_SECONDS: Final = 0.5
POOL_TIMEOUT: Final = 2.5
"""Seconds to wait for a free connection before the caller is told that the database is overloaded."""
CONNECT_SECONDS: Final = 3
WAITING: Final = 256
"""Callers who may wait for a connection of a pool."""
READING_CONNECTIONS: Final = 4
DSN_SECONDS: Final = 1.0
"""For a look at the Secret before each new connection: less than POOL_TIMEOUT, which callers wait."""
FIELD: Final = "dsn"

_log = logging.getLogger(__name__)


class DatabaseAccess:
    """Holds two pools, so that slow reads take no connection from acceptances; `open()` must have ended before either is used."""

    def __init__(
        self, cluster: Cluster, *, namespace: str, secret: str, pool_size: int, prepare: bool, aside: PutAside
    ) -> None:
        self._cluster = cluster
        self._namespace = namespace
        self._secret = secret
        self._dsn = ""
        self._opened = False
        self._aside = aside
        # the database keeps the plan of what every batch sends (`store_executions`); prepared, the call is not parsed anew
        # within the limits of the gateway's role: its one statement has no round trip to spare for others
        self.accepting = self._pool(
            "penstock-gateway", size=pool_size, prepare_after=2 if prepare else None, limits=None
        )
        # lists differ from request to request, and each is planned for what it asks
        self.reading = self._pool("penstock-gateway-api", size=READING_CONNECTIONS, prepare_after=None, limits=READING)

    def _pool(self, name: str, *, size: int, prepare_after: int | None, limits: Limits | None) -> Pool:
        return make_pool(
            self._current_dsn,
            name=name,
            limits=limits,
            aside=self._aside,
            min_size=min(4, size),
            max_size=size,
            timeout_s=POOL_TIMEOUT,
            connect_s=CONNECT_SECONDS,
            max_waiting=WAITING,
            prepare_after=prepare_after,
        )

    @property
    def state(self) -> str:
        """What is missing, in words; "" once the database has answered.

        Stays "" while Postgres is away later: the pod keeps receiving requests and answers them with a 503 that
        says when to come back, where an unready pod would leave callers with a refused connection.
        """
        if not self._dsn:
            return f"waiting for the Secret {self._secret} in {self._namespace}, which the operator writes"
        return "" if self._opened else "waiting for the database to answer"

    async def open(self) -> None:
        """Wait for the Secret, then for the first answer of the database; as long as it takes.

        In an upgrade the operator may not have migrated yet: until then the pods of the release before serve.
        """
        await self._wait_for_secret()
        await self.accepting.open(wait=False)
        await self.reading.open(wait=False)
        while not self._opened:
            try:
                self._opened = await Acceptances(self.accepting).may_store()
            except (StoreUnavailable, PoolTimeout) as error:
                _log.warning("database does not answer yet", extra={"cause": str(error)})
            else:
                if not self._opened:
                    _log.info("database is not migrated to this release yet")
            if not self._opened:
                await asyncio.sleep(POLL_SECONDS)
        _log.info("database answers")

    async def close(self) -> None:
        """Close the pools; connections in use are closed when they come back."""
        await self.accepting.close()
        await self.reading.close()

    async def _wait_for_secret(self) -> None:
        said = ""
        while not self._dsn:
            try:
                self._dsn = await self._read()
            except ClusterError as error:
                if str(error) != said:
                    said = str(error)
                    _log.info("database Secret is not there yet", extra={"secret": self._secret, "cause": said})
                await asyncio.sleep(POLL_SECONDS)

    async def _current_dsn(self) -> str:
        """For every new connection; the last known DSN where the API server does not answer."""
        try:
            async with asyncio.timeout(DSN_SECONDS):
                self._dsn = await self._read()
        except (ClusterError, TimeoutError) as error:
            _log.warning("database Secret was not read again", extra={"secret": self._secret, "cause": str(error)})
        return self._dsn

    async def _read(self) -> str:
        secret = await self._cluster.get(SECRETS, self._namespace, self._secret)
        try:
            return base64.b64decode(secret["data"][FIELD], validate=True).decode()
        except (KeyError, TypeError, binascii.Error, UnicodeDecodeError) as error:
            raise NotFound(f"the Secret {self._secret} has no usable field `{FIELD}`") from error
