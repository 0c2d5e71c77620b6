"""What a runner loads until a simple flow has run: each module is time that every execution pays."""

import subprocess
import sys

PROGRAM = """
import sys
from penstock_runner.process import environment
settings = environment.take({"PENSTOCK_DSN": "x", "PENSTOCK_NAMESPACE": "acme",
                             "PENSTOCK_EXECUTION": "0190a000-0000-7000-8000-000000000001"})
from penstock_runner.process import session
from penstock_core import codec
from penstock_core.executions import flow_identity
from penstock_core.store.executions.records import Claim, Renewal
definition = {"flow": {}, "instance": {}, "config": {}, "timeoutMs": 9000, "steps": [{"name": "a", "set": {"value": 1}}]}
identity = flow_identity.FlowIdentity("acme", "orders", "i", "importOrder", "f", "orders", "1.0.0", "d")
class Store:
    def __init__(self, *_): pass
    def claim(self, execution, *, holder):
        now = session.datetime.now(session.UTC)
        return Claim(execution, 1, identity, "webhook", now, now, False, codec.pack(definition).data, codec.pack({}).data)
    def renew(self, *_, **__): return Renewal(lost=False, cancel=False)
    def record(self, *_, **__): return Renewal(lost=False, cancel=False)
    def finish(self, *_, outcome, **__): print(outcome.state.value)
session.Running = Store
assert session.run(settings) == 0
print(*sorted(sys.modules))
"""
MODULES = {
    "penstock_core",
    "penstock_core.backoff",
    "penstock_core.codec",
    "penstock_core.codec.frames",
    "penstock_core.codec.messages",
    "penstock_core.codec.values",
    "penstock_core.errors",
    "penstock_core.executions",
    "penstock_core.executions.flow_identity",
    "penstock_core.executions.records",
    "penstock_core.executions.states",
    "penstock_core.masking",
    "penstock_core.names",
    "penstock_core.store",
    "penstock_core.store.connection",
    "penstock_core.store.connection.faults",
    "penstock_core.store.connection.queries",
    "penstock_core.store.executions",
    "penstock_core.store.executions.records",
    "penstock_core.store.executions.running",
    "penstock_core.values",
    "penstock_core.values.durations",
    "penstock_runner",
    "penstock_runner.actions",
    "penstock_runner.actions.pure",
    "penstock_runner.actions.set",
    "penstock_runner.actions.table",
    "penstock_runner.engine",
    "penstock_runner.engine.action",
    "penstock_runner.engine.connections",
    "penstock_runner.engine.context",
    "penstock_runner.engine.flow_run",
    "penstock_runner.engine.history",
    "penstock_runner.engine.interrupt",
    "penstock_runner.engine.ports",
    "penstock_runner.engine.shared",
    "penstock_runner.engine.step_records",
    "penstock_runner.engine.steps",
    "penstock_runner.engine.steps.attempt",
    "penstock_runner.engine.steps.resumption",
    "penstock_runner.engine.steps.step_run",
    "penstock_runner.engine.unrecorded",
    "penstock_runner.engine.variables",
    "penstock_runner.errors",
    "penstock_runner.process",
    "penstock_runner.process.environment",
    "penstock_runner.process.recorder",
    "penstock_runner.process.session",
    "penstock_runner.process.termination",
}
WORKER = {
    "penstock_core",
    "penstock_core.codec",
    "penstock_core.codec.frames",
    "penstock_core.codec.messages",
    "penstock_core.codec.values",
    "penstock_core.errors",
    "penstock_core.value_paths",
    "penstock_core.values",
    "penstock_core.values.numbers",
    "penstock_core.values.plain_values",
    "penstock_runner",
    "penstock_runner.actions",
    "penstock_runner.actions.python",
    "penstock_runner.actions.python.frames",
    "penstock_runner.actions.python.worker",
}
HEAVY = {
    "cel_expr_python", "zstandard", "urllib3", "http.client", "ssl", "jsonpath", "pydantic", "kubernetes", "random",
    "asyncio.runners", "dataclasses",
}  # fmt: skip


def loaded(code: str) -> list[str]:
    """What a new process prints, by lines."""
    command = [sys.executable, "-P", "-c", f"import sys; sys.path[:] = {sys.path!r}\n{code}"]
    return subprocess.run(command, env={}, check=True, capture_output=True, text=True).stdout.splitlines()


def test_a_simple_flow_loads_what_it_needs() -> None:
    """From its environment to the final state, a flow of `set` steps loads these modules of Penstock and no other."""
    state, modules = loaded(PROGRAM)

    assert state == "passed"
    assert {name for name in modules.split() if name.startswith("penstock")} == MODULES


def test_a_worker_loads_no_engine() -> None:
    """The process that runs users' code has what the messages to and fro are made of, and nothing of the engine."""
    [modules] = loaded("import sys, penstock_runner.actions.python.worker; print(*sorted(sys.modules))")

    assert {name for name in modules.split() if name.startswith("penstock")} == WORKER


def test_a_simple_flow_loads_nothing_heavy() -> None:
    """Neither CEL nor an HTTP client nor zstd nor random numbers are loaded beyond what psycopg brings."""
    _, modules = loaded(PROGRAM)
    [drivers] = loaded("import sys, psycopg; print(*sorted(sys.modules))")

    assert "psycopg" in modules.split()
    assert (set(modules.split()) - set(drivers.split())) & HEAVY == set()
