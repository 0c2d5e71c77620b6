"""Fixtures of the tests against a real Postgres: one server per session, one migrated database per test."""

from collections.abc import AsyncIterator, Iterator

import pytest

from penstock_core.store.connection.pool import Pool, open_pool
from postgres import Server, server


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """One server for all tests of the session."""
    with server() as running:
        yield running


@pytest.fixture
def dsn(postgres_server: Server) -> Iterator[str]:
    """A migrated database of the test's own, as its owner and superuser."""
    with postgres_server.database() as database:
        yield database


@pytest.fixture
async def pool(dsn: str) -> AsyncIterator[Pool]:
    """A pool as the programs open it, on the test's own database."""
    opened = await open_pool(dsn, name="test", min_size=1, max_size=8)
    yield opened
    await opened.close()
