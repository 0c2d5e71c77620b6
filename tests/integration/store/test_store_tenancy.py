"""What goes with an instance."""

import re
from datetime import UTC, datetime
from typing import Any

from executions import acceptance, flow_identity
from penstock_core.store.connection.database import Database
from penstock_core.store.connection.pool import Pool
from penstock_core.store.connection.queries import load
from penstock_core.store.executions.acceptance import Acceptances
from penstock_core.store.flows.schedules import Schedules
from penstock_core.store.tenants.instances import Tenancy
from penstock_core.store.tenants.model import StoredDefinition

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MINE: dict[str, Any] = {"namespace": "acme", "instance": "acme-orders", "instance_uid": "uid-acme-orders"}


async def hashes(pool: Pool) -> list[tuple[str, str]]:
    """(namespace, hash) of the definitions that there are."""
    found = await Database(pool).rows("select namespace, hash from flow_definitions order by 1, 2")
    return [(row["namespace"], row["hash"]) for row in found]


async def test_definitions_go_with_their_instance(pool: Pool, dsn: str) -> None:
    """Configuration and the customer's name do not outlive the Instance, whether its flows ever ran or not."""
    tenancy = Tenancy(pool, dsn=dsn, prefix="unused")
    for namespace, uid, digest in (
        ("acme", "uid-acme-orders", "ran"),
        ("acme", "uid-acme-orders", "never-ran"),
        ("acme", "other", "theirs"),
        ("beta", "uid-acme-orders", "elsewhere"),
    ):
        await tenancy.keep_definitions(namespace, [StoredDefinition(hash=digest, packed=b"d", instance_uid=uid)])
    await Acceptances(pool).accept([acceptance(flow_identity(definition_hash="ran"))])

    await tenancy.delete_instance_data(**MINE, other_flows=[])

    assert await hashes(pool) == [("acme", "theirs"), ("beta", "elsewhere")]


async def test_a_definition_belongs_to_the_instance_that_named_it_last(pool: Pool, dsn: str) -> None:
    """One that the gateway stored first, or a former Instance of the name, goes with the present one; its content stays."""
    tenancy = Tenancy(pool, dsn=dsn, prefix="unused")
    await Acceptances(pool).ensure_definition(namespace="acme", hash="h", packed=b"d")
    for uid in ("former", "uid-acme-orders", "uid-acme-orders"):
        await tenancy.keep_definitions("acme", [StoredDefinition(hash="h", packed=b"other", instance_uid=uid)])
    [row] = await Database(pool).rows("select definition, instance_uid from flow_definitions")

    assert (row["definition"], row["instance_uid"]) == (b"d", "uid-acme-orders")
    await tenancy.delete_instance_data(**{**MINE, "instance_uid": "former"}, other_flows=[])
    assert await hashes(pool) == [("acme", "h")]
    await tenancy.delete_instance_data(**MINE, other_flows=[])
    assert await hashes(pool) == []


async def test_pauses_and_slots_of_flows_that_never_ran_go_too(pool: Pool, dsn: str) -> None:
    """What names a flow that is not there any more is removed in the namespace, and nothing of the others."""
    schedules, tenancy = Schedules(pool), Tenancy(pool, dsn=dsn, prefix="unused")
    for namespace, flow_uid in (("acme", "mine"), ("acme", "stays"), ("beta", "mine")):
        await schedules.pause(namespace=namespace, flow_uid=flow_uid, at=NOON)
        await Database(pool).count(
            "insert into flow_slots (namespace, flow_uid) values (%(namespace)s, %(flow_uid)s)",
            namespace=namespace,
            flow_uid=flow_uid,
        )

    await tenancy.delete_instance_data(**MINE, other_flows=["stays"])

    for table in ("pauses", "flow_slots"):
        rows = await Database(pool).rows(f"select namespace, flow_uid from {table} order by 1, 2")
        assert [(row["namespace"], row["flow_uid"]) for row in rows] == [("acme", "stays"), ("beta", "mine")], table


async def test_an_instances_executions_are_found_by_an_index(pool: Pool) -> None:
    """Removing one instance does not read the history of the whole namespace."""
    database = Database(pool)
    query = load("tenants/instances")["instance_executions"]
    async with database.transaction() as connection:
        await connection.execute("set local enable_seqscan = off")
        parameters = {**MINE, "after": acceptance().id, "batch": 1000}
        cursor = await connection.execute(f"explain {query}".encode(), parameters)
        plan = "\n".join(row["QUERY PLAN"] for row in await cursor.fetchall())

    conditions = re.findall(r"Index Cond: .*", plan)
    assert conditions
    assert [line for line in conditions if "instance = 'acme-orders'" not in line] == []
