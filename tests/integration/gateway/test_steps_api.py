"""The steps of an execution over REST: pages, and what needs the right to data."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway_stand import TENANT, Stand
from penstock_core.store.connection.pool import Pool

BEGAN = datetime(2026, 1, 1, 12, tzinfo=UTC)


async def executed(stand: Stand, pool: Pool, *, steps: int) -> str:
    """An execution that failed, and its steps in pairs that began at the same time."""
    answer = await stand.post(json={})
    identifier = str(answer.json()["executionId"])
    rows = [(identifier, TENANT, f"lines/{n:04}/push", BEGAN + timedelta(microseconds=n // 2)) for n in range(steps)]
    async with pool.connection() as connection:
        await connection.cursor().executemany(
            "insert into step_results (execution_id, namespace, path, attempt, action, status, started_at, ended_at,"
            " duration_ms, error_code, error_message, warnings) values (%s, %s, %s, 1, 'set', 'failed', %s, now(), 3,"
            " 'check_failed', 'total is 4711', '{body.4711: is no number}')",
            rows,
        )
        await connection.execute(
            "update executions set state = 'failed', ended_at = now(), error_code = 'check_failed',"
            " error_message = 'total is 4711', failed_step = 'lines/0000/push', warnings = '{body.4711: is no number}'"
            " where id = %s",
            (identifier,),
        )
    return identifier


async def read(stand: Stand, identifier: str, token: str = "insider", **query: Any) -> dict[str, Any]:
    answer = await stand.read(f"/{identifier}", token, include="steps", **query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_steps_come_in_pages(stand: Stand, pool: Pool) -> None:
    """Pages follow each other by cursor without gap or repeat, also among steps that began together."""
    identifier = await executed(stand, pool, steps=7)
    seen: list[str] = []
    pages = 0
    cursor: dict[str, str] | None = {}
    while cursor is not None:
        page = await read(stand, identifier, stepsLimit=3, **cursor)
        seen += [step["path"] for step in page["steps"]]
        pages += 1
        cursor = {"stepsCursor": page["stepsNextCursor"]} if page["stepsNextCursor"] else None

    assert seen == [f"lines/{n:04}/push" for n in range(7)]
    assert pages == 3


async def test_a_thousand_steps_come_whole(stand: Stand, pool: Pool) -> None:
    """What executions usually have fits a page, and what has more says how to go on."""
    small = await read(stand, await executed(stand, pool, steps=1000))
    large = await read(stand, await executed(stand, pool, steps=1001))

    assert (len(small["steps"]), small["stepsNextCursor"]) == (1000, None)
    assert (len(large["steps"]), bool(large["stepsNextCursor"])) == (1000, True)


@pytest.mark.parametrize(
    "query",
    [
        {"stepsCursor": "nonsense"},
        {"stepsCursor": "999999999999999999.1.a"},
        {"stepsCursor": "0.99999999999.a"},
        {"stepsCursor": "0.1.\x00"},
        {"stepsLimit": "0"},
        {"stepsLimit": "5001"},
    ],
)
async def test_pages_that_cannot_be_meant(stand: Stand, pool: Pool, query: dict[str, str]) -> None:
    """A cursor that no page gave is a 400."""
    identifier = await executed(stand, pool, steps=1)

    answer = await stand.read(f"/{identifier}", "insider", include="steps", **query)

    assert (answer.status_code, answer.json()["type"]) == (400, "urn:penstock:problem:malformed-request")


async def test_words_of_errors_need_the_right_to_data(stand: Stand, pool: Pool) -> None:
    """Code and step say to everybody what happened; message and warnings may quote a payload."""
    identifier = await executed(stand, pool, steps=1)
    sight = {}
    for token in ("viewer", "insider"):
        [listed] = (await stand.read("", token, namespace=TENANT)).json()["items"]
        alone = (await stand.read(f"/{identifier}", token)).json()
        full = await read(stand, identifier, token)
        sight[token] = [(each["error"], each["warnings"]) for each in (listed, alone, full, *full["steps"])]

    error = {"code": "check_failed", "message": "total is 4711", "step": "lines/0000/push"}
    warnings = ["body.4711: is no number"]
    assert sight["insider"] == [(error, warnings)] * 3 + [({**error, "step": None}, warnings)]
    assert sight["viewer"] == [({**error, "message": None}, None)] * 3 + [
        ({**error, "message": None, "step": None}, None)
    ]
