"""What the REST API shows of the neighbour stays whole and its own, whatever rows one tenant writes."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from prometheus_client import generate_latest

from gateway_stand import TENANT, Stand, admit, standing
from neighbours import FAR_OFF
from penstock_core import codec
from penstock_core.cluster import Caller
from penstock_core.store.connection.pool import Pool

EVIL = "evil"
ROWS = {
    "unknown-trigger": "update executions set trigger = 'witchcraft' where namespace = 'evil'",
    "ended-infinity": "update executions set state = 'failed', ended_at = 'infinity' where namespace = 'evil'",
    "created-minus-infinity": "update executions set created_at = '-infinity' where namespace = 'evil'",
    "started-before-christ": "update executions set started_at = '0044-03-15 12:00:00+00 BC' where namespace = 'evil'",
    "warnings-with-dimensions": "update executions set warnings = '{{a,b},{c,d}}' where namespace = 'evil'",
    "warnings-with-nulls": "update executions set warnings = '{NULL}' where namespace = 'evil'",
    "far-off-id": f"update executions set id = '{FAR_OFF}' where namespace = 'evil'",
}


@pytest.fixture
async def stand(dsn: str) -> AsyncIterator[Stand]:
    """A gateway with a Flow in each of two namespaces; `viewer` may list both, `insider` sees the neighbour's data."""
    async with standing(dsn) as running:
        admit(running)
        running.cluster.tokens["all"] = Caller(user="all")
        running.cluster.rights |= {
            ("all", place, verb, "executions") for place in (TENANT, EVIL) for verb in ("get", "list")
        }
        running.cluster.rights |= {("all", place, "get", "executions/data") for place in (TENANT, EVIL)}
        yield running


async def accepted(stand: Stand, pool: Pool) -> tuple[str, str]:
    """An execution of the neighbour's, and the tenant's, which is a copy of one."""
    made = [(await stand.post(json={})).json()["executionId"] for _ in range(2)]
    await write(pool, f"update executions set namespace = 'evil' where id = '{made[1]}'")
    await write(pool, f"update live_executions set namespace = 'evil' where id = '{made[1]}'")
    return made[0], made[1]


async def write(pool: Pool, statement: str, *parameters: Any) -> None:
    """Runs a statement as the owner of the tables."""
    async with pool.connection() as connection:
        await connection.execute(statement.encode(), parameters)


async def step(pool: Pool, execution: str, namespace: str, path: str, **columns: Any) -> None:
    """An attempt of a step, written by `namespace`."""
    values = {"output": codec.pack("mine").data, "started_at": "now", "warnings": [], **columns}
    await write(
        pool,
        "insert into step_results (execution_id, namespace, path, attempt, action, status, started_at, output,"
        " extracted, output_size, warnings) values (%s, %s, %s, 1, 'set', 'passed', %s, %s, %s, 9, %s)",
        execution,
        namespace,
        path,
        values["started_at"],
        values["output"],
        values["output"],
        values["warnings"],
    )


@pytest.mark.parametrize("hostile", ROWS.values(), ids=ROWS)
async def test_a_row_that_cannot_be_understood_is_left_out_of_lists(hostile: str, stand: Stand, pool: Pool) -> None:
    """The list over both namespaces shows the neighbour's, pages go on behind the hostile row, and it is counted."""
    acme, evil = await accepted(stand, pool)
    await write(pool, hostile)
    whole = await stand.read("", "all")
    first = (await stand.read("", "all", limit=1)).json()
    second = (await stand.read("", "all", limit=1, cursor=first["nextCursor"])).json()
    alone = await stand.read(f"/{FAR_OFF if 'id =' in hostile else evil}", "all")
    metrics = generate_latest(stand.gateway.metrics.registry).decode()

    assert [item["id"] for item in whole.json()["items"]] == [acme]
    assert [item["id"] for item in first["items"] + second["items"]] == [acme]
    assert alone.status_code == 404
    assert 'penstock_rows_put_aside_total{reader="executions"} 1.0' in metrics


async def test_steps_that_another_namespace_has_written_are_not_shown(stand: Stand, pool: Pool) -> None:
    """Neither in the list of an execution's steps, nor by their path, nor what they say."""
    acme, _ = await accepted(stand, pool)
    await step(pool, acme, TENANT, "one")
    await step(pool, acme, EVIL, "forged")
    shown = (await stand.read(f"/{acme}", "insider", include="steps")).json()
    output = await stand.read(f"/{acme}/steps/forged/attempts/1/output", "insider")

    assert [each["path"] for each in shown["steps"]] == ["one"]
    assert output.status_code == 404


async def test_trigger_data_of_another_namespace_is_not_shown(stand: Stand, pool: Pool) -> None:
    """A payload under the neighbour's execution that the neighbour has not written is not its trigger."""
    acme, _ = await accepted(stand, pool)
    await write(pool, f"update execution_payloads set namespace = 'evil' where execution_id = '{acme}'")

    assert (await stand.read(f"/{acme}/trigger", "insider")).status_code == 404


async def test_steps_that_cannot_be_understood_leave_the_others_on_their_pages(stand: Stand, pool: Pool) -> None:
    """An execution's own odd attempts are left out, at either end and in the middle; each page leads to the next."""
    acme, _ = await accepted(stand, pool)
    await step(pool, acme, TENANT, "before", started_at="-infinity")
    for number in range(4):
        await step(pool, acme, TENANT, f"s{number}")
    await step(pool, acme, TENANT, "odd", warnings=[["a"], ["b"]])
    await step(pool, acme, TENANT, "s4")
    await step(pool, acme, TENANT, "after", started_at="infinity")
    paths: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await stand.read(f"/{acme}", "insider", include="steps", stepsLimit=2, **cursor)).json()
        paths += [each["path"] for each in page["steps"]]
        if page["stepsNextCursor"] is None:
            break
        cursor = {"stepsCursor": page["stepsNextCursor"]}

    assert paths == ["s0", "s1", "s2", "s3", "s4"]


@pytest.mark.parametrize(
    "data", [b"\x01\xc1", b"\x02no frame", b"\x01\xdf\xff\xff\xff\xff", b"", b"\x07", b"\x01" + b"\x91" * 5000]
)
async def test_a_value_that_is_broken_is_said_to_be(data: bytes, stand: Stand, pool: Pool) -> None:
    """Its own answer is a 422, the list of steps leaves it out, and the other steps are there."""
    acme, _ = await accepted(stand, pool)
    await step(pool, acme, TENANT, "one")
    await step(pool, acme, TENANT, "two", output=data)
    broken = await stand.read(f"/{acme}/steps/two/attempts/1/output", "insider")
    shown = await stand.read(f"/{acme}", "insider", include="steps")

    assert broken.status_code == 422
    assert [each["path"] for each in shown.json()["steps"]] == ["one", "two"]
    assert shown.json()["steps"][0]["extracted"] == "mine"


@pytest.mark.parametrize(
    "identifier",
    [str(FAR_OFF), "00000000-0000-7000-8000-000000000000", "f" * 8 + "-ffff-7fff-bfff-" + "f" * 12],
    ids=["ahead", "before", "last"],
)
async def test_ids_whose_time_lies_far_off_are_refused(identifier: str, stand: Stand, pool: Pool) -> None:
    """They are nobody's, though a row of that id be there."""
    acme, _ = await accepted(stand, pool)
    await write(pool, f"update executions set id = '{identifier}' where id = '{acme}'")

    assert (await stand.read(f"/{identifier}", "insider")).status_code == 404


async def test_a_key_that_names_anothers_execution_tells_nothing_of_it(stand: Stand, pool: Pool) -> None:
    """A repeat under a tenant's key that it has pointed at its neighbour's execution is not told how that one ended."""
    request: dict[str, Any] = {"json": {}, "headers": {"Idempotency-Key": "k" * 20}}
    first = (await stand.post(**request)).json()["executionId"]
    _, evil = await accepted(stand, pool)
    await write(pool, f"update executions set state = 'failed', ended_at = now() where id = '{evil}'")
    await write(pool, f"update idempotency_keys set execution_id = '{evil}'")
    repeated = await stand.post(**request)

    assert first != evil
    assert "failed" not in repeated.text


async def test_texts_without_end_are_cut(stand: Stand, pool: Pool) -> None:
    """A page of executions is held in memory: what a tenant writes into its names, words and warnings is shown up to a length."""
    acme, evil = await accepted(stand, pool)
    await step(pool, evil, EVIL, "one", warnings=["w" * 1_000_000])
    await write(
        pool,
        "update executions set customer_name = repeat('n', 5000000), requested_by = repeat('r', 5000000),"
        " error_code = repeat('c', 5000000), error_message = repeat('m', 5000000), state = 'failed', ended_at = now(),"
        " warnings = array_fill(repeat('w', 1000), array[5000]) where namespace = 'evil'",
    )
    await write(pool, "update step_results set error_message = repeat('m', 5000000), action = repeat('a', 5000000)")
    listed = await stand.read("", "all")
    alone = await stand.read(f"/{evil}", "all", include="steps")

    assert {item["id"] for item in listed.json()["items"]} == {acme, evil}
    assert len(listed.content) + len(alone.content) < 50_000
    assert alone.json()["warnings"] == alone.json()["steps"][0]["warnings"] == ["too many to be shown"]
