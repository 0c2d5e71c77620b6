"""A replacement runner, with what the store gave back of its predecessor: errors, loops, cut results, a database away."""

import signal
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

import timeouts
from engine_stand import Stand
from eventually import eventually
from penstock_core import codec, names
from runner_bench import Bench
from web_server import Web

NAP = {"name": "nap", "sleep": {"for": "60s"}}


def hand_over(runner: subprocess.Popen[str]) -> None:
    runner.send_signal(signal.SIGTERM)
    assert runner.wait(timeout=30) == names.EXIT_HANDED_OVER


def severed(bench: Bench, connection: psycopg.Connection[Any]) -> None:
    """Nobody gets a connection to the bench's database any more, and nobody keeps one."""
    database = psycopg.conninfo.conninfo_to_dict(bench.dsn)["dbname"]
    connection.execute(f"alter database {database} allow_connections false")
    connection.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [database])


@pytest.fixture
def elsewhere(bench: Bench) -> Iterator[psycopg.Connection[Any]]:
    """A connection to another database of the bench's server."""
    with psycopg.connect(bench.dsn, dbname="postgres", autocommit=True) as connection:
        yield connection


def test_retry_goes_on_by_the_recorded_status(bench: Bench, web: Web) -> None:
    """A runner lost in the delay after a 503 is followed by one that tries again, as `retry.when` asks."""
    answers = iter([503, 200])
    web.answer = lambda _: (next(answers), {}, b"")
    rule = {"attempts": 3, "delay": "2s", "when": "error.status >= 500"}
    identifier = bench.flow({"name": "p", "http": {"url": web.url}, "record": "none", "retry": rule})
    runner = bench.start(identifier)
    bench.until_step(identifier, "p", 1, "failed")
    hand_over(runner)

    bench.run(identifier)

    assert bench.execution(identifier)["state"] == "passed"
    assert bench.steps(identifier) == [("p", 1, "failed"), ("p", 2, "passed")]


def test_loop_lost_in_its_delay_sends_its_failures_alone(bench: Bench, web: Web) -> None:
    """What failed in the first attempt is sent again in the second by a replacement, what passed is not."""
    web.answer = lambda request: (503 if request["path"] == "/2" and len(web.seen) < 3 else 200, {}, b"")
    inside = [
        {"name": "wait", "if": "item == 1", "sleep": {"for": "1ms"}},
        {"name": "p", "http": {"url": f"{web.url}/${{item}}"}},
    ]
    loop = {"items": [1, 2, 3], "stopOnError": False, "steps": inside}
    identifier = bench.flow({"name": "loop", "forEach": loop, "retry": {"attempts": 2, "delay": "2s"}})
    runner = bench.start(identifier)
    bench.until_step(identifier, "loop", 1, "failed")
    hand_over(runner)

    bench.run(identifier)

    row = bench.execution(identifier)
    assert (row["state"], row["steps_total"], row["steps_failed"]) == ("passed", 5, 0)
    assert [request["path"] for request in web.seen] == ["/1", "/2", "/3", "/2"]


def test_python_step_never_sees_a_part_of_a_result() -> None:
    """A python step is given every step's output: one that was recorded cut ends the execution."""
    first, second = Stand(), Stand()
    steps = [
        {"name": "big", "python": {"code": "def run(context):\n  return context.config['items']"}},
        {"name": "code", "python": {"code": "def run(context):\n  return len(context.steps['big'].output)"}},
    ]
    first.run(*steps, config={"items": list(range(1000))})
    cut = codec.pack(list(range(1000)), limit=300).data
    recorded = [row._replace(output=cut) for row in first.recorder.as_recorded() if row.path == "big"]

    outcome = second.run(*steps, config={"items": list(range(1000))}, recorded=recorded)

    assert first.recorder.output("code") == 1000
    assert (outcome.error_code, outcome.failed_step) == ("recorded_result_cut", "big")


def test_sigterm_while_the_database_is_away_ends_at_once(bench: Bench, elsewhere: psycopg.Connection[Any]) -> None:
    """With nothing left to write a runner does not wait for its database."""
    identifier = bench.flow(NAP)
    runner = bench.start(identifier)
    bench.until_step(identifier, "nap", 1, "running")
    severed(bench, elsewhere)
    begun = time.monotonic()

    hand_over(runner)

    assert time.monotonic() - begun < 8


def test_sigterm_while_claiming_hands_over(bench: Bench, elsewhere: psycopg.Connection[Any]) -> None:
    """A runner that waits for its database to claim ends by SIGTERM with 75."""
    identifier = bench.flow(NAP)
    severed(bench, elsewhere)
    runner = bench.start(identifier)
    said = iter(runner.stderr or [])
    eventually(
        lambda: "does not answer" in next(said, ""),
        within=timeouts.EXECUTION_ENDED,
    )

    hand_over(runner)
