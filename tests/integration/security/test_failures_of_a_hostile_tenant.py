"""What a tenant can make of a failure that gives a value back: another execution of its own, and nothing of a neighbour's."""

from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from dumps import DAY, DAYS_AHEAD, PLACE, PREFIX, restore
from executions import DEFINITION_HASH, acceptance, flow_identity, key
from penstock_core import uuid7
from penstock_core.executions.states import ExecutionState
from penstock_core.store.connection.database import Database
from penstock_core.store.connection.pool import Pool, open_pool
from penstock_core.store.executions.acceptance import Acceptances
from penstock_core.store.executions.live import Dispatch
from penstock_core.store.executions.model import Acceptance, Accepted, Outcome, Repeated
from penstock_core.store.executions.running import Running, connect
from penstock_core.store.schema.migrate import migrate
from penstock_core.store.tenants.instances import Tenancy
from postgres import Server
from roles import drop_roles, uid

EVIL = flow_identity(namespace="evil", flow_uid="uid-of-evil")
OLD_ROLE = f"{PREFIX}_822b33ad87c148a0"
"""What release 0.1 called the role of acme, the tenant of the dump that is hostile here."""


def delivery(flow: Any = None, value: str = "7") -> Acceptance:
    return acceptance(flow, idempotency=key(value, kind="deduplicate-by", again=True))


@pytest.fixture
async def tenancy(pool: Pool, dsn: str) -> AsyncIterator[Tenancy]:
    """A release's roles, removed at the end."""
    prefix = f"t{uuid4().hex[:8]}"
    made = Tenancy(pool, dsn=dsn, prefix=prefix)
    await made.ensure_access()
    yield made
    await drop_roles(pool, dsn, prefix, "evil")


@pytest.fixture
async def gateway(pool: Pool, tenancy: Tenancy) -> AsyncIterator[Acceptances]:
    """What the gateway's own role stores."""
    role = await tenancy.ensure_gateway_role()
    opened = await open_pool(role.dsn, name="gateway")
    yield Acceptances(opened)
    await opened.close()
    await Database(pool).count(f"drop owned by {role.role}")
    await Database(pool).count(f"drop role {role.role}")


async def test_a_runner_that_fails_its_execution_starts_its_own_again(
    pool: Pool, tenancy: Tenancy, gateway: Acceptances
) -> None:
    """The next delivery of its own value is new; the neighbour's with the same value is the neighbour's first."""
    for namespace in ("evil", "acme"):
        await gateway.ensure_definition(namespace=namespace, hash=DEFINITION_HASH, packed=b"d")
    evil, acme = delivery(EVIL), delivery()
    await gateway.accept([evil, acme])
    role = await tenancy.ensure_runner_role("evil", uid=uid("evil"))
    with closing(Running(lambda: connect(role.dsn), "evil")) as running:
        running.claim(evil.id, holder="pod")
        running.finish(evil.id, epoch=1, outcome=Outcome(state=ExecutionState.FAILED, error_code="c"))
    again = [delivery(EVIL), delivery()]

    first, second = (await gateway.accept(again)).outcomes

    assert first == Accepted(id=again[0].id, state=ExecutionState.STARTING, repeat_of=evil.id)
    assert second == Repeated(id=acme.id, state=ExecutionState.QUEUED, same_body=True)


@pytest.mark.parametrize("together", [True, False])
async def test_a_key_that_names_a_neighbours_failure_links_nothing(
    pool: Pool, gateway: Acceptances, together: bool
) -> None:
    """A key of evil's, however it came to name acme's failed execution, changes nothing there, in acme's batch neither."""
    failed, own = delivery(), delivery(EVIL, "own")
    await gateway.accept([failed, own])
    await Dispatch(pool).end(failed.id, ExecutionState.FAILED, namespace="acme", cause="c", code="c")
    await Database(pool).count(
        "update idempotency_keys set execution_id = %(id)s where namespace = 'evil'", id=failed.id
    )

    items = [delivery(EVIL, "own"), delivery()]

    batches = [items] if together else [[item] for item in items]
    forged, right = [outcome for batch in batches for outcome in (await gateway.accept(batch)).outcomes]

    assert getattr(forged, "repeat_of", None) is None
    assert right == Accepted(id=items[1].id, state=ExecutionState.STARTING, repeat_of=failed.id)
    links = await Database(pool).rows("select repeat_of, repeated_by from executions where id = %(id)s", id=failed.id)
    assert links == [{"repeat_of": None, "repeated_by": items[1].id}]


async def test_the_gateways_role_writes_no_link_by_itself(pool: Pool, gateway: Acceptances) -> None:
    """It may say of a new execution whom it repeats, and change no other, not even one that has ended."""
    failed = delivery()
    await gateway.accept([failed])
    (role,) = await Database(gateway._pool).rows("select current_user::text as name")
    assert role["name"].endswith("_gateway")
    with pytest.raises(Exception, match="permission denied"):
        await Database(gateway._pool).count("update executions set repeated_by = gen_random_uuid()")


@pytest.fixture
def old(postgres_server: Server) -> Iterator[str]:
    """A database of release 0.1, whose runners write tables."""
    with postgres_server.database(template=None) as dsn:
        restore(dsn, PLACE / "0.1.sql")
        yield dsn


@pytest.fixture
async def upgraded(old: str) -> AsyncIterator[Pool]:
    """The same, migrated; roles of before serve on."""
    await migrate(old, DAY, days=DAYS_AHEAD)
    opened = await open_pool(old, name="test")
    await Tenancy(opened, dsn=old, prefix=PREFIX).ensure_access()
    yield opened
    await opened.close()


async def test_a_role_of_before_links_its_own_alone(postgres_server: Server, upgraded: Pool, old: str) -> None:
    """It may insert executions that say whom they repeat: its own says who followed, once; a neighbour's says nothing."""
    ended = await Database(upgraded).rows(
        "select distinct on (namespace) id, namespace from executions where ended_at is not null order by namespace, id"
    )
    found = {str(row["namespace"]): row["id"] for row in ended}
    runner = postgres_server.dsn(str(conninfo_to_dict(old)["dbname"]), user=OLD_ROLE)
    made = [_insert(runner, found[namespace]) for namespace in ("acme", "globex", "acme")]

    links = await Database(upgraded).rows("select id, repeated_by from executions where repeated_by is not null")

    assert [(row["id"], row["repeated_by"]) for row in links] == [(found["acme"], made[0])]
    with psycopg.connect(runner, autocommit=True) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("update executions set repeated_by = gen_random_uuid()")


def _insert(runner: str, repeated: UUID) -> UUID:
    """An execution of acme's that its own role inserts."""
    made = uuid7.new(int((DAY + timedelta(minutes=5)).timestamp() * 1000))
    with psycopg.connect(runner, autocommit=True) as connection:
        connection.execute(
            "insert into executions (id, namespace, instance, instance_uid, flow, flow_uid, integration, version, trigger,"
            " state, definition_hash, requested_by, repeat_of)"
            " values (%s, 'acme', 'i', 'u', 'f', 'u', 'i', '1', 'manual', 'queued', 'h', 'evil', %s)",
            [made, repeated],
        )
    return made
