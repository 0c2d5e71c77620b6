"""What the tests of the tenant's border share."""

from collections.abc import AsyncIterator

import pytest

from gateway_stand import Stand, admit, standing
from neighbours import Neighbours
from penstock_core.store.connection.pool import Pool


@pytest.fixture
def neighbours(pool: Pool, dsn: str) -> Neighbours:
    """The loops over a database of two namespaces."""
    return Neighbours(pool, dsn)


@pytest.fixture
async def stand(dsn: str) -> AsyncIterator[Stand]:
    """A ready gateway that serves `importOrder`; the tokens `viewer` and `insider` may list, the second also see data."""
    async with standing(dsn) as running:
        admit(running)
        yield running
