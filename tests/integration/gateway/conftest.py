"""A gateway on a real socket, with a real Postgres and a cluster in memory."""

from collections.abc import AsyncIterator

import pytest

from gateway_stand import TENANT, Stand, standing
from penstock_core.cluster import Caller


@pytest.fixture
async def stand(dsn: str) -> AsyncIterator[Stand]:
    """A ready gateway that serves `importOrder`; the tokens `viewer` and `insider` may list, the second also see data."""
    async with standing(dsn) as running:
        for user in ("viewer", "insider"):
            running.cluster.tokens[user] = Caller(user=user)
            running.cluster.rights |= {(user, TENANT, verb, "executions") for verb in ("get", "list")}
        running.cluster.rights.add(("insider", TENANT, "get", "executions/data"))
        yield running
