"""The runner as a process against a real database: accepted executions, started runners, what they recorded."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

import timeouts
from eventually import eventually
from executions import acceptance, flow_identity
from penstock_core import codec
from penstock_core.store.connection.pool import open_pool
from penstock_core.store.executions.acceptance import Acceptances

HASH = "d" * 64
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("PENSTOCK_")}


def definition(*steps: Mapping[str, Any], timeout_ms: int = 60_000, **members: Any) -> dict[str, Any]:
    """A definition with these steps; `members` replace others of it."""
    return {
        "schema": 1,
        "flow": {"name": "importOrder", "urls": {}},
        "instance": {"name": "acme-orders", "namespace": "acme", "customer": {"id": "acme"}, "labels": {}},
        "integration": {"name": "orders-to-erp", "version": "1.4.0"},
        "config": {},
        "connections": {},
        "timeoutMs": timeout_ms,
        "steps": list(steps),
        **members,
    }


@dataclass
class Bench:
    """One database, its executions and its runners."""

    dsn: str
    processes: list[subprocess.Popen[str]] = field(default_factory=list)

    def define(self, *steps: Mapping[str, Any], **members: Any) -> None:
        """Keep a definition under the hash that all flows of these tests have."""
        asyncio.run(self._store(definition(*steps, **members)))

    def flow(self, *steps: Mapping[str, Any], trigger: Mapping[str, Any] | None = None, **members: Any) -> UUID:
        """An execution of these steps in state starting."""
        defined = definition(*steps, **members)
        accepted = acceptance(flow_identity(definition_hash=HASH), payload=codec.pack(trigger or {}).data)
        asyncio.run(self._store(defined, accepted))
        return accepted.id

    async def _store(self, defined: Mapping[str, Any], *accepted: Any) -> None:
        pool = await open_pool(self.dsn, name="test", min_size=1, max_size=1)
        try:
            store = Acceptances(pool)
            await store.ensure_definition(namespace="acme", hash=HASH, packed=codec.pack(defined).data)
            if accepted:
                await store.accept(accepted)
        finally:
            await pool.close()

    def start(self, execution: UUID | None = None, *, pod: str = "pod-1", **environment: str) -> subprocess.Popen[str]:
        """A runner as a Job's container starts it."""
        given = {"PENSTOCK_DSN": self.dsn, "PENSTOCK_NAMESPACE": "acme", "PENSTOCK_POD": pod, **environment}
        if execution is not None:
            given["PENSTOCK_EXECUTION"] = str(execution)
        process = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "penstock_runner"],
            env={**CLEAN, **given},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.processes.append(process)
        return process

    def run(self, execution: UUID | None = None, *, code: int = 0, **environment: str) -> str:
        """A runner to its end; what it wrote to standard error."""
        process = self.start(execution, **environment)
        _, errors = process.communicate(timeout=timeouts.EXECUTION_ENDED)
        assert process.returncode == code, errors
        return errors

    def rows(self, query: str, *parameters: Any) -> list[dict[str, Any]]:
        with psycopg.connect(self.dsn, row_factory=dict_row) as connection:
            return connection.execute(query, parameters).fetchall()

    def execution(self, identifier: UUID) -> dict[str, Any]:
        return self.rows("select * from executions where id = %s", identifier)[0]

    def steps(self, identifier: UUID) -> list[tuple[str, int, str]]:
        query = (
            "select path, attempt, status from step_results where execution_id = %s order by started_at, path, attempt"
        )
        return [(row["path"], row["attempt"], row["status"]) for row in self.rows(query, identifier)]

    def output(self, identifier: UUID, path: str) -> Any:
        query = "select output from step_results where execution_id = %s and path = %s order by attempt desc"
        data = self.rows(query, identifier, path)[0]["output"]
        return None if data is None else codec.unpack(bytes(data))

    def until_step(self, identifier: UUID, *step: Any) -> None:
        """Wait until the step (path, attempt, status) is there."""
        eventually(lambda: step in self.steps(identifier), within=timeouts.EXECUTION_ENDED, every=0.02, about=str(step))

    def end(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.communicate()
