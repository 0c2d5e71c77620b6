"""What removes rows goes on for the neighbour's, and takes no word of one namespace for another's."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from neighbours import ACME, EVIL, Neighbours
from penstock_core.errors import StoreContended
from penstock_core.store.connection.limits import Limits
from penstock_core.store.connection.pool import Pool, open_pool
from penstock_core.store.schema.maintenance import Maintenance
from penstock_core.store.tenants.instances import Tenancy

LATER = datetime.now(UTC) + timedelta(days=60)
LOCKS = {
    "execution": "select from executions where namespace = 'evil' for update",
    "step": "select from step_results where namespace = 'evil' for update",
    "payload": "select from execution_payloads where namespace = 'evil' for update",
    "key": "select from idempotency_keys where namespace = 'evil' for update",
}


async def forgotten(neighbours: Neighbours, namespace: str) -> UUID:
    """An ended execution in the default partition, with a step, a payload and a key."""
    execution = await neighbours.running(namespace)
    await neighbours.write(
        "insert into idempotency_keys (namespace, flow_uid, kind, key_sha256, execution_id, body_sha256, expires_at)"
        f" values ('{namespace}', 'f', 'webhook-id', '', '{execution}', '', 'infinity')"
    )
    await Maintenance(neighbours.pool).drop_partitions(LATER)
    await neighbours.write(f"update executions set state = 'passed', ended_at = now() where id = '{execution}'")
    return execution


async def left(neighbours: Neighbours, namespace: str) -> dict[str, int]:
    """How many rows a namespace has, by table, where it has any."""
    counts = {}
    for table in ("executions", "step_results", "execution_payloads", "idempotency_keys"):
        async with neighbours.pool.connection() as connection:
            found = await connection.execute(
                f"select count(*) as count from {table} where namespace = '{namespace}'".encode()
            )
            [row] = await found.fetchall()
            counts[table] = row["count"]
    return {table: count for table, count in counts.items() if count}


@asynccontextmanager
async def impatient(dsn: str) -> AsyncIterator[Pool]:
    """A pool that waits for no lock."""
    pool = await open_pool(dsn, name="impatient", limits=Limits(lock_ms=20, statement_ms=5_000))
    yield pool
    await pool.close()


@pytest.mark.parametrize("lock", LOCKS.values(), ids=LOCKS)
async def test_what_a_tenant_holds_is_left_by_the_sweep(lock: str, neighbours: Neighbours) -> None:
    """While it is held, everything of the neighbour's goes; the tenant's goes once it is free."""
    for namespace in (EVIL, ACME):
        await forgotten(neighbours, namespace)
    maintenance = Maintenance(neighbours.pool)
    async with neighbours.holding(lock):
        await maintenance.sweep_default(LATER)
        assert await left(neighbours, ACME) == {}
        assert await left(neighbours, EVIL) != {}
    await maintenance.sweep_default(LATER)

    assert "executions" not in await left(neighbours, EVIL)


async def test_a_live_row_keeps_no_execution_of_another_namespace(neighbours: Neighbours) -> None:
    """What a tenant claims to be live, but is the neighbour's and has ended, goes with its day and with the sweep."""
    swept = await forgotten(neighbours, ACME)
    await Maintenance(neighbours.pool).create_partitions(datetime.now(UTC), days=0)
    await neighbours.running(EVIL)
    await neighbours.write(f"update live_executions set id = '{swept}' where namespace = 'evil'")
    await Maintenance(neighbours.pool).drop_partitions(LATER)
    await Maintenance(neighbours.pool).sweep_default(LATER)

    assert "executions" not in await left(neighbours, ACME)


async def test_an_instances_data_goes_without_that_of_another_namespace(neighbours: Neighbours, dsn: str) -> None:
    """Rows of another namespace that name its executions stay where they are: they are that one's."""
    execution = await neighbours.passed(ACME)
    await neighbours.step(execution, EVIL)
    tenancy = Tenancy(neighbours.pool, dsn=dsn, prefix="t")
    removed = await tenancy.delete_instance_data(
        namespace=ACME, instance="acme-orders", instance_uid="u1", other_flows=[]
    )

    assert removed == 1
    assert await left(neighbours, ACME) == {}
    assert await left(neighbours, EVIL) == {"step_results": 1}


async def test_a_batch_that_takes_too_long_is_made_smaller(neighbours: Neighbours, dsn: str) -> None:
    """Where one execution of an instance's cannot be had, those before it go, before it says so."""
    first = await neighbours.passed(ACME)
    held = await neighbours.passed(ACME)
    async with impatient(dsn) as pool, neighbours.holding(f"select from executions where id = '{held}' for update"):
        with pytest.raises(StoreContended):
            await Tenancy(pool, dsn=dsn, prefix="t").delete_instance_data(
                namespace=ACME, instance="acme-orders", instance_uid="u1", other_flows=[]
            )

    assert await neighbours.reading.execution(first) is None
    assert await neighbours.reading.execution(held) is not None
