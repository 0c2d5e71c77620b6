"""A real Postgres (15 or later) for tests: one server per session on a Unix socket and a loopback port, one cloned database per test.

The server refuses to run as root, so as root it is started as the user `postgres`; without root it runs as the caller.
Plain context managers and functions: `server()` and `Server.database()`; the fixtures are in `tests/integration/conftest.py`.
"""

import asyncio
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

BINARIES = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), default=Path())
"""Of the newest server that is installed; `python3 -m testbed packages` installs Debian's."""
MEMORY = Path("/dev/shm")
"""A clone of the template takes 14 ms in memory and ten times that on a disk."""
TEMPLATE = "penstock_template"
TEMPLATE_DAYS = 2
"""The template has partitions from yesterday to this many days ahead."""
SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum_naptime": "5s",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running server; `superuser` is a DSN for its maintenance database."""

    directory: Path
    port: int
    superuser: str

    def dsn(self, database: str, *, user: str = "postgres", password: str = "unused") -> str:
        """How `user` connects to a database of this server, through its loopback port."""
        return make_conninfo(host="127.0.0.1", port=self.port, dbname=database, user=user, password=password)

    @contextmanager
    def database(self, template: str | None = TEMPLATE) -> Iterator[str]:
        """The DSN of a database of its own, cloned from the migrated template (None: empty); dropped at the end."""
        name = f"test_{uuid4().hex}"
        clone = sql.SQL("create database {} template {} strategy file_copy")
        with psycopg.connect(self.superuser, autocommit=True) as connection:
            connection.execute(clone.format(sql.Identifier(name), sql.Identifier(template or "template0")))
        try:
            yield self.dsn(name)
        finally:
            with psycopg.connect(self.superuser, autocommit=True) as connection:
                connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))

    def restart(self) -> None:
        """Stops the server at once, as a crash would look to its clients, and starts it again."""
        _control(self.directory, "restart", "-m", "immediate")


@contextmanager
def server(settings: dict[str, str] | None = None) -> Iterator[Server]:
    """A server with a migrated template database; stopped and removed at the end. `settings` go over `SETTINGS`."""
    directory = Path(tempfile.mkdtemp(prefix="penstock-postgres-", dir=_place()))
    try:
        if os.getuid() == 0:
            shutil.chown(directory, "postgres", "postgres")
        port = _free_port()
        _run(
            "initdb", "-N", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-locale", "-D", str(directory / "data")
        )
        _configure(directory, port, SETTINGS | (settings or {}))
        _control(directory, "start")
        try:
            running = Server(
                directory=directory,
                port=port,
                superuser=make_conninfo(host="127.0.0.1", port=port, dbname="postgres", user="postgres"),
            )
            _make_template(running)
            yield running
        finally:
            _control(directory, "stop", "-m", "immediate")
    finally:
        shutil.rmtree(directory)


def _place() -> Path | None:
    """Memory where there is enough of it (a container has 64 MiB), else the usual place."""
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > 1 << 30
    return MEMORY if roomy else None


def _make_template(running: Server) -> None:
    from penstock_core.store.schema.migrate import migrate

    with psycopg.connect(running.superuser, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(TEMPLATE)))
    # Few partitions, because a clone copies each of their files.
    asyncio.run(migrate(running.dsn(TEMPLATE), datetime.now(UTC), days=TEMPLATE_DAYS))
    stand_in(running.dsn(TEMPLATE))


def stand_in(dsn: str, namespace: str = "acme") -> None:
    """Lets the owner call the runner's functions for a namespace, where a test needs a runner and no role of its own."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("delete from tenants where role = session_user or namespace = %s", [namespace])
        connection.execute("insert into tenants (role, namespace) values (session_user, %s)", [namespace])


def _configure(directory: Path, port: int, settings: dict[str, str]) -> None:
    lines = {**settings, "port": str(port), "listen_addresses": "'127.0.0.1'", "unix_socket_directories": "''"}
    with (directory / "data" / "postgresql.conf").open("a") as file:
        file.writelines(f"{name} = {value}\n" for name, value in lines.items())


def _control(directory: Path, action: str, *arguments: str) -> None:
    log = directory / "data" / "server.log"
    try:
        _run("pg_ctl", "-D", str(directory / "data"), "-l", str(log), "-w", "-t", "60", action, *arguments)
    except subprocess.CalledProcessError as error:
        error.add_note(log.read_text(errors="replace")[-2000:] if log.exists() else "no log")
        raise


def _run(program: str, *arguments: str) -> None:
    drop = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.getuid() == 0 else []
    subprocess.run(
        [*drop, str(BINARIES / program), *arguments],
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
