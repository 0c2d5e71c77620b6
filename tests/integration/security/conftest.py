"""What the tests of the tenant's border share."""

import pytest

from neighbours import Neighbours
from penstock_core.store.connection.pool import Pool


@pytest.fixture
def neighbours(pool: Pool, dsn: str) -> Neighbours:
    """The loops over a database of two namespaces."""
    return Neighbours(pool, dsn)
