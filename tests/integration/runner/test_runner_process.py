"""The runner's life as a process: start, end, signals, lease, resumption."""

import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import psycopg
import pytest

import timeouts
from eventually import eventually
from penstock_core import names
from postgres import Server
from runner_bench import Bench

NAP = {"name": "nap", "sleep": {"for": "60s"}}
FIRST = {"name": "first", "set": {"value": {"n": 1}}}


def test_flow_is_run_and_recorded(bench: Bench) -> None:
    """A started execution ends as passed with each step's record, and the runner exits 0."""
    identifier = bench.flow(FIRST, {"name": "second", "set": {"value": "${steps.first.output.n + 1}"}})

    said = bench.run(identifier)

    assert bench.execution(identifier)["state"] == "passed"
    assert bench.execution(identifier)["steps_total"] == 2
    assert bench.steps(identifier) == [("first", 1, "passed"), ("second", 1, "passed")]
    assert bench.output(identifier, "second") == 2
    assert "state=passed" in said


def test_failed_flow_exits_0(bench: Bench) -> None:
    """A failed execution is a result: the state is written, the exit code is 0."""
    identifier = bench.flow({"name": "valid", "check": {"that": ["1 > 2"]}})

    bench.run(identifier)

    row = bench.execution(identifier)
    assert (row["state"], row["error_code"], row["failed_step"]) == ("failed", "check_failed", "valid")


def test_ended_execution_is_left_alone(bench: Bench) -> None:
    """A second runner of an ended execution exits 0 and changes nothing."""
    identifier = bench.flow(FIRST)
    bench.run(identifier)
    before = bench.execution(identifier)

    said = bench.run(identifier, pod="pod-2")

    assert "it has ended: passed" in said
    assert bench.execution(identifier) == before


def test_sigterm_hands_over_and_the_replacement_resumes(bench: Bench) -> None:
    """SIGTERM ends the runner with 75 at once; the next one does not run recorded steps again and counts the attempt on."""
    identifier = bench.flow(
        FIRST, NAP | {"sleep": {"for": "4s"}}, {"name": "last", "set": {"value": "${steps.first.output}"}}
    )
    runner = bench.start(identifier)
    bench.until_step(identifier, "nap", 1, "running")
    begun = time.monotonic()
    runner.send_signal(signal.SIGTERM)
    assert runner.wait(timeout=10) == names.EXIT_HANDED_OVER
    assert time.monotonic() - begun < 2

    bench.run(identifier, pod="pod-1")

    assert bench.execution(identifier)["state"] == "passed"
    assert bench.steps(identifier) == [
        ("first", 1, "passed"), ("nap", 1, "failed"), ("nap", 2, "passed"), ("last", 1, "passed"),
    ]  # fmt: skip
    assert bench.output(identifier, "last") == {"n": 1}


def test_killed_runner_is_replaced_after_its_lease(bench: Bench) -> None:
    """A runner waits for a dead predecessor's lease, then goes on behind what is recorded."""
    identifier = bench.flow(FIRST, NAP | {"sleep": {"for": "1s"}})
    runner = bench.start(identifier)
    bench.until_step(identifier, "nap", 1, "running")
    runner.kill()
    runner.wait(timeout=10)
    with psycopg.connect(bench.dsn) as connection:
        connection.execute("update live_executions set lease_until = now() + interval '1 second'")

    bench.run(identifier, pod="pod-2")

    assert bench.execution(identifier)["state"] == "passed"
    assert bench.steps(identifier)[:2] == [("first", 1, "passed"), ("nap", 1, "failed")]


def test_cancel_mark_ends_within_two_seconds(bench: Bench) -> None:
    """A cancel mark ends a sleeping flow as cancelled; the lease renewal sees it."""
    identifier = bench.flow(NAP)
    runner = bench.start(identifier)
    bench.until_step(identifier, "nap", 1, "running")

    with psycopg.connect(bench.dsn) as connection:
        connection.execute("update live_executions set cancel = true where id = %s", [identifier])
    begun = time.monotonic()
    runner.communicate(timeout=20)

    assert time.monotonic() - begun < 3
    assert runner.returncode == 0
    assert bench.execution(identifier)["state"] == "cancelled"
    assert bench.steps(identifier) == [("nap", 1, "cancelled")]


@pytest.mark.parametrize(
    "step",
    [
        {"name": "nap", "python": {"code": "def run(context):\n    while True:\n        pass\n"}},
        {"name": "nap", "http": {"url": "${config.silent}"}},
        {"name": "nap", "check": {"that": ["1 > 2"]}, "retry": {"attempts": 2, "delay": "60s"}},
        {"name": "nap", "forEach": {"items": [1, 2], "parallel": 2, "steps": [NAP | {"name": "inner"}]}},
    ],
    ids=["endless loop", "hung request", "wait for a retry", "in a loop"],
)
def test_a_cancellation_ends_whatever_runs_within_five_seconds(bench: Bench, silent: str, step: dict[str, Any]) -> None:
    """The lease's renewal sees the mark, and nothing that a step does keeps the runner from ending."""
    identifier = bench.flow(step, config={"silent": silent})
    runner = bench.start(identifier)
    bench.until_step(identifier, "nap", 1, "failed" if "check" in step else "running")

    with psycopg.connect(bench.dsn) as connection:
        connection.execute("select cancel_execution(%s, 'acme', 'anna', null)", [identifier])
    begun = time.monotonic()
    runner.communicate(timeout=20)

    assert time.monotonic() - begun < 5
    assert runner.returncode == 0
    assert bench.execution(identifier)["state"] == "cancelled"
    assert bench.execution(identifier)["cancelled_by"] == "anna"
    # in the wait for a retry no attempt runs
    assert ("nap", 1, "failed" if "check" in step else "cancelled") in bench.steps(identifier)


def test_flow_timeout_ends_as_timed_out(bench: Bench) -> None:
    """A flow that does not end in its time is timed_out, and so is the step that ran."""
    identifier = bench.flow(NAP, timeout_ms=500)

    bench.run(identifier)

    assert bench.execution(identifier)["state"] == "timed_out"
    assert bench.steps(identifier) == [("nap", 1, "timed_out")]


def test_lost_lease_stops_without_writing(bench: Bench) -> None:
    """A runner whose execution somebody else claimed exits 75 and writes nothing more."""
    identifier = bench.flow(NAP)
    runner = bench.start(identifier)
    bench.until_step(identifier, "nap", 1, "running")

    with psycopg.connect(bench.dsn) as connection:
        connection.execute("update live_executions set epoch = epoch + 1, holder = 'other'")
    runner.communicate(timeout=20)

    assert runner.returncode == names.EXIT_HANDED_OVER
    assert bench.steps(identifier) == [("nap", 1, "running")]
    assert bench.execution(identifier)["state"] == "running"


def test_database_restart_loses_nothing(bench: Bench, postgres_server: Server) -> None:
    """Steps that end while the database is away are written when it is back."""
    steps = [{"name": "nap", "sleep": {"for": "1s"}}, FIRST, {"name": "again", "sleep": {"for": "1ms"}}]
    identifier = bench.flow(*steps)
    runner = bench.start(identifier)
    bench.until_step(identifier, "nap", 1, "running")

    postgres_server.restart()
    _, said = runner.communicate(timeout=60)

    assert runner.returncode == 0, said
    assert bench.execution(identifier)["state"] == "passed"
    assert [status for _, _, status in bench.steps(identifier)] == ["passed", "passed", "passed"]


def test_database_away_at_start_is_waited_for(bench: Bench) -> None:
    """A runner that starts before its database answers waits for it."""
    identifier = bench.flow(FIRST)
    database = psycopg.conninfo.conninfo_to_dict(bench.dsn)["dbname"]
    with psycopg.connect(bench.dsn, dbname="postgres", autocommit=True) as connection:
        connection.execute(f"alter database {database} allow_connections false")
        runner = bench.start(identifier)
        said = iter(runner.stderr or [])
        eventually(
            lambda: "does not answer" in next(said, ""),
            within=timeouts.EXECUTION_ENDED,
        )
        connection.execute(f"alter database {database} allow_connections true")
    runner.communicate(timeout=30)

    assert runner.returncode == 0
    assert bench.execution(identifier)["state"] == "passed"


def test_missing_environment_is_a_defect_with_the_name(bench: Bench) -> None:
    """Without its variables the program exits 1 and names the one that is missing."""
    said = bench.run(None, code=1, PENSTOCK_NAMESPACE="")

    assert "PENSTOCK_NAMESPACE is not set" in said


def test_unknown_execution_exits_0(bench: Bench) -> None:
    """An execution whose rows are gone is nothing to run."""
    assert "nothing to run" in bench.run(uuid4())


def test_tick_is_accepted_under_its_minute_once(bench: Bench, tick: Callable[..., str]) -> None:
    """A CronJob's Job accepts the scheduled minute and runs it; a doubled Job finds the row."""
    bench.define({"name": "at", "set": {"value": "${trigger.startedAt}"}})
    minute = int(time.time()) // 60
    job = f"{names.cron_job('acme-orders', 'uid-importorder')}-{minute}"

    bench.run(PENSTOCK_TICK=tick(), PENSTOCK_JOB=job)
    bench.run(PENSTOCK_TICK=tick(), PENSTOCK_JOB=job, pod="pod-2")

    (row,) = bench.rows("select id, state, trigger from executions")
    assert (row["state"], row["trigger"]) == ("passed", "schedule")
    assert bench.output(row["id"], "at") == datetime.fromtimestamp(minute * 60, UTC).isoformat().replace("+00:00", "Z")


def test_job_by_hand_is_a_manual_run(bench: Bench, tick: Callable[..., str]) -> None:
    """A Job made from the CronJob under another name is a manual run, every time."""
    bench.define(FIRST)

    bench.run(PENSTOCK_TICK=tick(), PENSTOCK_JOB="try-1")
    bench.run(PENSTOCK_TICK=tick(), PENSTOCK_JOB="try-1")

    assert [row["trigger"] for row in bench.rows("select trigger from executions")] == ["manual", "manual"]


def test_overlapping_tick_is_skipped(bench: Bench, tick: Callable[..., str]) -> None:
    """With overlap skip a tick is skipped while an earlier execution has not ended; the runner exits 0."""
    bench.flow(NAP)
    job = f"{names.cron_job('acme-orders', 'uid-importorder')}-{int(time.time()) // 60}"

    said = bench.run(PENSTOCK_TICK=tick(), PENSTOCK_JOB=job)

    assert "overlap" in said
    assert [row["state"] for row in bench.rows("select state from executions where trigger = 'schedule'")] == [
        "skipped"
    ]


def test_five_hundred_steps_are_all_recorded(bench: Bench) -> None:
    """A long flow's records arrive complete, grouped into few transactions."""
    identifier = bench.flow(*({"name": f"s{number}", "set": {"value": number}} for number in range(500)))

    bench.run(identifier)

    assert len(bench.steps(identifier)) == 500
    assert bench.execution(identifier)["steps_total"] == 500
