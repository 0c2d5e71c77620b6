"""The gateway accepts the neighbour's webhooks while one tenant keeps what its own need."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from gateway_stand import INSTANCE, KEY, TENANT, Stand, flow, standing, until
from penstock_core.store.connection.database import Database
from penstock_core.store.connection.pool import Pool
from penstock_core.store.tenants.instances import Tenancy

EVIL = "evil"
LIMIT = {"limit": 50, "whenFull": "queue"}
SEVERAL = 12
LOCKS = {
    "slots": "select from flow_slots where namespace = 'evil' for update",
    "key": "update idempotency_keys set body_sha256 = '' where namespace = 'evil'",
    "live-row": "select from live_executions where namespace = 'evil' for update",
}


@pytest.fixture
async def stand(pool: Pool, dsn: str) -> AsyncIterator[Stand]:
    """A gateway with its own role, and a limited Flow in each of two namespaces."""
    role = await Tenancy(pool, dsn=dsn, prefix=f"t{uuid4().hex[:8]}").ensure_gateway_role()
    async with standing(role.dsn) as running:
        running.serve(*(flow(namespace=namespace, concurrency=LIMIT) for namespace in (TENANT, EVIL)))
        await until(lambda: len(running.gateway.flows) == 2)
        yield running
    await Database(pool).count(f"drop owned by {role.role}")
    await Database(pool).count(f"drop role {role.role}")


async def send(stand: Stand, namespace: str, key: str) -> int:
    """The status of one webhook."""
    headers = {"Api-Key": KEY, "Idempotency-Key": key * 20}
    answer = await stand.client.post(f"/hooks/{namespace}/{INSTANCE}/importOrder", headers=headers, json={})
    return answer.status_code


@pytest.mark.parametrize("lock", LOCKS.values(), ids=LOCKS)
async def test_what_a_tenant_holds_delays_its_own_webhooks_alone(lock: str, stand: Stand, pool: Pool) -> None:
    """While the lock is held every webhook of the neighbour's is accepted; the tenant's are once it is free."""
    assert await send(stand, EVIL, "a") == 202
    async with Database(pool).transaction() as holder:
        await holder.execute(lock.encode())
        evil = [asyncio.create_task(send(stand, EVIL, "a")) for _ in range(SEVERAL)]
        answers = await asyncio.gather(*(send(stand, TENANT, chr(ord("b") + number)) for number in range(SEVERAL)))
        assert set(answers) == {202}
        assert set(await asyncio.gather(*evil)) <= {200, 202, 503}

    assert await send(stand, EVIL, "z") == 202


async def test_a_queue_that_a_tenant_holds_is_not_waited_for(stand: Stand, pool: Pool) -> None:
    """What would start from a tenant's own queue, and is held, is passed over, and the webhook is accepted all the same."""
    assert await send(stand, EVIL, "a") == 202
    await Database(pool).count("update live_executions set state = 'queued'")
    async with Database(pool).transaction() as holder:
        await holder.execute("select from live_executions for update")
        assert await send(stand, EVIL, "b") == 202
        states = await Database(pool).rows("select state from live_executions")

    assert [row["state"] for row in states] == ["queued", "queued"]
