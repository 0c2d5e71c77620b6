"""The engine and the actions without database, cluster or environment: what a try-out on a publisher's machine imports."""

import subprocess
import sys

import pytest

PROGRAM = """
from penstock_runner.actions.table import TABLE
from penstock_runner.engine import flow_run, interrupt
class Recorder:
    def behind(self, record): print(record.path, record.status.value)
    durable = behind
steps = [{"name": "greet", "set": {"value": "Hello ${config.name}"}}, {"name": "nap", "sleep": {"for": "1ms"}}]
definition = {"flow": {}, "instance": {}, "config": {"name": "you"}, "timeoutMs": 1000, "steps": steps}
execution = flow_run.Execution(id=UUID(int=1), started_at=datetime.now(UTC))
print(flow_run.Engine(definition=definition, trigger={}, execution=execution, actions=TABLE, recorder=Recorder(),
      clock=Clock(), connections={}, interrupt=interrupt.Interrupt()).run().state.value)
"""
CLOCK = """
import time
from datetime import UTC, datetime
from uuid import UUID
class Clock:
    monotonic = staticmethod(time.monotonic)
    def now(self): return datetime.now(UTC)
"""
LOADED = "import sys; print(*sorted(sys.modules))"
FOREIGN = (
    "psycopg",
    "kubernetes",
    "pydantic",
    "penstock_core.store",
    "penstock_core.cluster",
    "penstock_runner.process",
)


def alone(code: str) -> list[str]:
    """What a new process without any environment prints."""
    command = [sys.executable, "-P", "-c", f"import sys; sys.path[:] = {sys.path!r}\n{code}"]
    return subprocess.run(command, env={}, check=True, capture_output=True, text=True).stdout.splitlines()


def test_a_definition_runs_without_a_database() -> None:
    """Ten lines run a flow with a recorder in memory, and load nothing of store, cluster or process."""
    *printed, loaded = alone(CLOCK + PROGRAM + LOADED)

    assert printed == ["greet passed", "nap running", "nap passed", "passed"]
    assert [name for name in loaded.split() if name.startswith(FOREIGN)] == []


@pytest.mark.parametrize(
    "kind", ["set", "check", "stop", "branch", "for_each", "sleep", "http.exchange", "python.conversation"]
)
def test_no_action_needs_a_database(kind: str) -> None:
    """Each action, with all that it loads when it runs, does without store, cluster and process."""
    [loaded] = alone(f"import penstock_runner.actions.{kind}\n{LOADED}")

    assert [name for name in loaded.split() if name.startswith(FOREIGN)] == []
