"""Recorded executions as rows of a database: claimed as a replacement claims them, and gone on with from there."""

import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

import psycopg
import pytest
from psycopg import sql

from executions import flow_identity
from histories import EXECUTION, History, Kept, Row, all_histories, comparable, ending, run
from penstock_core import codec
from penstock_core.executions.records import LONG_AGO, StepRecord
from penstock_core.store.executions.records import Claim
from penstock_core.store.executions.running import Running, connect
from postgres import Server

HISTORIES = all_histories()
EACH = pytest.mark.parametrize("history", HISTORIES, ids=lambda history: history.name)
PROCESSES = ("0.1-pure", "0.1-stop-failed-unrecorded", "0.1-python")
"""Recordings without requests, which a runner's process goes on with."""


Connection = psycopg.Connection[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Database:
    """One for all histories, each an execution of its own, with a connection for the rows and the runner's side of the store."""

    connection: Connection
    running: Running


@pytest.fixture(scope="module")
def database(postgres_server: Server) -> Iterator[Database]:
    with (
        postgres_server.database() as dsn,
        psycopg.connect(dsn, autocommit=True) as connection,
        closing(Running(lambda: connect(dsn), "acme")) as running,
    ):
        yield Database(connection, running)


class Recorded(Kept):
    """A recorder whose writes are in the database when they return."""

    def __init__(self, running: Running, claim: Claim) -> None:
        super().__init__()
        self._running = running
        self._claim = claim
        self._lock = threading.Lock()

    def behind(self, record: StepRecord) -> None:
        with self._lock:
            super().behind(record)
            self._running.record(self._claim.id, epoch=self._claim.epoch, steps=[record])

    durable = behind


def stored(connection: Connection, history: History) -> UUID:
    """A history's rows, and an execution whose runner was lost a moment ago."""
    recording = history.recording
    execution = uuid5(EXECUTION, history.name)
    flow = flow_identity(definition_hash=recording.name)
    owner = {**flow._asdict(), "id": execution, "state": "running"}
    insert(connection, "executions", {**owner, "trigger": "webhook", "requested_by": "webhook", "started_at": "now"})
    live = {name: owner[name] for name in ("id", "namespace", "instance", "instance_uid", "flow", "flow_uid", "state")}
    insert(connection, "live_executions", {**live, "epoch": 1, "holder": "lost", "lease_until": LONG_AGO})
    connection.execute(
        "insert into flow_definitions (namespace, hash, definition) values (%s, %s, %s) on conflict do nothing",
        (flow.namespace, flow.definition_hash, recording.definition),
    )
    at = {"execution_id": execution, "namespace": flow.namespace}
    insert(connection, "execution_payloads", {**at, "payload": recording.payload})
    for row in history.rows():
        insert(connection, "step_results", {**at, **row})
    return execution


def insert(connection: Connection, table: str, row: Row) -> None:
    """One row, with the columns that the release had."""
    names, values = sql.SQL(", ").join(map(sql.Identifier, row)), sql.SQL(", ").join(sql.Placeholder() * len(row))
    statement = sql.SQL("insert into {} ({}) values ({})").format(sql.Identifier(table), names, values)
    connection.execute(statement, list(row.values()))


@EACH
def test_a_stored_history_goes_on_as_recorded(database: Database, history: History) -> None:
    """The claim hands over what was handed over, and what it was gone on with ends as recorded, in the rows too."""
    execution = stored(database.connection, history)
    claim = database.running.claim(execution, holder="pod")
    assert isinstance(claim, Claim)
    recorder, erp = Recorded(database.running, claim), history.erp()
    outcome = run(history.recording, erp=erp, recorder=recorder, execution=execution, recorded=claim.steps)
    database.running.finish(execution, epoch=claim.epoch, outcome=outcome)

    assert list(claim.steps) == history.recorded()
    assert (claim.definition, claim.payload) == (history.recording.definition, history.recording.payload)
    assert ending(history, outcome, recorder.writes, erp.calls) == history.expected()
    assert rows_of(database.connection, execution, history) == history.expected().final


def rows_of(connection: Connection, execution: UUID, history: History) -> dict[str, tuple[str, object]]:
    """Status and output of each step's last attempt, without ends of sleeps that begin anew each time."""
    query = (
        "select distinct on (path) path, status, output, action from step_results where execution_id = %s"
        " order by path, attempt desc"
    )
    found = connection.execute(query, [execution]).fetchall()
    expected = history.expected().final
    return {
        path: (
            status,
            None
            if data is None or (action == "sleep" and expected[path][1] is None)
            else comparable(codec.unpack(data)),
        )
        for path, status, data, action in found
    }


@pytest.mark.parametrize(
    "history", [each for each in HISTORIES if each.recording.name in PROCESSES], ids=lambda history: history.name
)
def test_a_runner_goes_on_with_a_history(bench: Any, history: History) -> None:
    """A runner's process claims it, makes what is missing and ends it."""
    expected = history.expected()
    with psycopg.connect(bench.dsn, autocommit=True) as connection:
        execution = stored(connection, history)
        bench.run(execution)

        assert summary(bench.execution(execution)) == (
            expected.state, expected.code, expected.failed_step, expected.steps_total, expected.steps_failed,
        )  # fmt: skip
        assert rows_of(connection, execution, history) == expected.final


def summary(row: Row) -> tuple[object, ...]:
    return (row["state"], row["error_code"], row["failed_step"], row["steps_total"], row["steps_failed"])
