"""The runner as a process against a real database: accepted executions, started runners, what they recorded."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import dict_row

import timeouts
from engine_stand import Stand
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


class Web:
    """An HTTP server: `answer` gets method, path, headers and body, and gives status, headers (lists repeat) and body."""

    def __init__(self) -> None:
        self.seen: list[dict[str, Any]] = []
        self.answer: Callable[[dict[str, Any]], tuple[int, dict[str, Any], bytes]] = lambda _: (200, {}, b"ok")
        web = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = {"method": self.command, "path": self.path, "headers": headers, "body": body}
                web.seen.append(request)
                status, answered, content = web.answer(request)
                self.send_response(status)
                for name, value in {"Content-Length": str(len(content)), **answered}.items():
                    for each in value if isinstance(value, list) else [value]:
                        self.send_header(name, each)
                self.end_headers()
                with suppress(BrokenPipeError, ConnectionResetError):
                    self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_DELETE = handle_any  # noqa: N815 - http.server asks for these names

            def log_message(self, *_: Any) -> None:
                """Nothing on the tests' output."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.other = f"http://localhost:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


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


@pytest.fixture
def stand() -> Stand:
    """An engine that records in memory."""
    return Stand()


@pytest.fixture
def web() -> Iterator[Web]:
    """A server whose answers a test decides."""
    opened = Web()
    yield opened
    opened.close()


@pytest.fixture
def bench(dsn: str) -> Iterator[Bench]:
    opened = Bench(dsn)
    yield opened
    opened.end()


@pytest.fixture
def tick() -> Callable[..., str]:
    """The value of PENSTOCK_TICK, with changes."""
    given = {
        "instance": "acme-orders", "instanceUid": "uid-acme-orders", "flow": "importOrder", "flowUid": "uid-importorder",
        "integration": "orders-to-erp", "version": "1.4.0", "customer": {"id": "acme"}, "definitionHash": HASH,
        "overlap": "skip", "limit": None, "timeZone": "Etc/UTC", "cron": "* * * * *",
    }  # fmt: skip
    return lambda **changes: json.dumps({**given, **changes})
