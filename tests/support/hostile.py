"""A tenant who uses everything that its namespace holds against its neighbours: its database role, its webhooks, its rights."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

import httpx
import psycopg

SESSIONS: Final = 6
UPLOADS: Final = 12
"""More than a namespace has places for."""
FORM: Final = b"a=" + b"%41" * 300_000 + b"&b=1" * 100_000
"""A form that becomes much more than it was."""
PAUSE_SECONDS: Final = 0.2
CALLS: Final = (
    "select * from runner_claim_v1(%(id)s, 'evil')",
    "select * from runner_recorded_v1(%(id)s, 1)",
    "select * from runner_renew_v1(%(id)s, 1)",
    "select * from runner_finished_v1(%(id)s)",
    "update executions set state = 'failed' where id = %(id)s",
    "insert into live_executions select * from live_executions",
    "select * from step_results",
    "lock table executions in access exclusive mode",
)
"""What it tries with a neighbour's execution, and with all."""


@dataclass(kw_only=True)
class Tally:
    """What the database gave, by call, and how often it refused."""

    refused: int = 0
    got: list[tuple[str, object]] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Hostile:
    """`dsn` is that of its database role, `path` a webhook of its own that asks for no key, below the gateway's URL `base`."""

    dsn: str
    base: str
    path: str

    @contextmanager
    def attacking(self, targets: Callable[[], list[str]]) -> Iterator[Tally]:
        """Everything at once, on executions that `targets` names, until the end."""
        tally, over = Tally(), threading.Event()
        loops = [self._locks, self._upload_slowly, self._send_forms, lambda over: self._ask(targets, tally, over)]
        threads = [threading.Thread(target=loop, args=(over,), name="hostile") for loop in loops]
        for thread in threads:
            thread.start()
        try:
            yield tally
        finally:
            over.set()
            for thread in threads:
                thread.join()

    def _locks(self, over: threading.Event) -> None:
        """Sessions that hold all locks that it can get, in transactions that do not end by themselves."""
        # the operator may have ended them by the time that they are closed
        with suppress(psycopg.OperationalError), ExitStack() as stack:
            for number in range(SESSIONS):
                with suppress(psycopg.Error):
                    connection = stack.enter_context(psycopg.connect(self.dsn, autocommit=True))
                    connection.execute("set idle_in_transaction_session_timeout = 0; set lock_timeout = 0")
                    connection.execute("begin")
                    connection.execute("select pg_advisory_lock(%s)", [number])
                    connection.execute("select pg_advisory_lock_shared(hashtext('penstock roles'))")
            over.wait()

    def _ask(self, targets: Callable[[], list[str]], tally: Tally, over: threading.Event) -> None:
        """Asks the database for what is not its own; counts what came back."""
        while not over.is_set():
            with suppress(psycopg.OperationalError), psycopg.connect(self.dsn, autocommit=True) as connection:
                for target in targets():
                    for call in CALLS:
                        try:
                            cursor = connection.execute(call.encode(), {"id": target})
                        except psycopg.errors.DatabaseError:
                            tally.refused += 1
                            continue
                        tally.got += [(call, row) for row in (cursor.fetchall() if cursor.description else [("done",)])]
            over.wait(PAUSE_SECONDS)

    def _upload_slowly(self, over: threading.Event) -> None:
        """Begins large bodies and never ends them."""
        address = urlsplit(self.base)
        head = (
            f"POST {self.path} HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\n"
            f"Content-Length: 9000000\r\n\r\n["
        )
        while not over.is_set():
            with ExitStack() as stack:
                for _ in range(UPLOADS):
                    with suppress(OSError):
                        place = (str(address.hostname), address.port or 80)
                        stack.enter_context(socket.create_connection(place, timeout=5)).sendall(head.encode())
                over.wait(5)

    def _send_forms(self, over: threading.Event) -> None:
        """Bodies that are costly to read."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        while not over.is_set():
            with suppress(httpx.HTTPError):
                httpx.post(f"{self.base}{self.path}", content=FORM, headers=headers, timeout=30)
            over.wait(PAUSE_SECONDS)
