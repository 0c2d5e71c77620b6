"""A gateway on a real socket, with a real Postgres and a cluster in memory."""

from collections.abc import AsyncIterator

import pytest

from gateway_stand import Stand, admit, standing


@pytest.fixture
async def stand(dsn: str) -> AsyncIterator[Stand]:
    """A ready gateway that serves `importOrder`; the tokens `viewer` and `insider` may list, the second also see data."""
    async with standing(dsn) as running:
        admit(running)
        yield running
