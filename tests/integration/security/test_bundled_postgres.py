"""The bundled Postgres as the chart starts it: a role for Penstock that is no superuser, and a tenant that finds nothing open."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
import yaml
from psycopg.conninfo import make_conninfo

from penstock_core.store.connection.pool import open_pool
from penstock_core.store.schema.migrate import migrate
from penstock_core.store.tenants.instances import Tenancy
from postgres import BINARIES

ROOT = Path(__file__).resolve().parents[3]


def statements() -> str:
    """What the chart's Secret has the server do first."""
    text = (ROOT / "charts/penstock/templates/postgres.yaml").read_text()
    block = text.split("  init.sql: |\n", 1)[1].split("  {{- end }}", 1)[0]
    found: str = yaml.safe_load(f"sql: |\n{block}")["sql"]
    return found.replace("{{ $password }}", "ours")


@pytest.fixture(scope="module")
def address() -> Iterator[dict[str, str]]:
    """Where it listens, started by the image's own entry point."""
    place = Path("/tmp") / f"penstock-bundled-{uuid4().hex[:8]}"
    (place / "init").mkdir(parents=True)
    (place / "init" / "init.sql").write_text(statements())
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        "PATH": f"{BINARIES}:/usr/bin:/bin", "LANG": "C.UTF-8", "PGDATA": str(place / "data"), "PENSTOCK_INIT": str(place / "init"),
        "POSTGRES_USER": "postgres", "POSTGRES_PASSWORD": "theirs", "POSTGRES_DB": "penstock",
        "POSTGRES_INITDB_ARGS": "--no-sync --encoding=UTF8 --locale=C.UTF-8",
    }  # fmt: skip
    drop = []
    if os.getuid() == 0:
        shutil.chown(place, "postgres", "postgres")
        drop = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    words = ["-c", f"port={port}", "-c", f"unix_socket_directories={place}", "-c", "listen_addresses=127.0.0.1"]
    program = subprocess.Popen(
        [*drop, "/bin/sh", str(ROOT / "images/postgres/entrypoint"), *words],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/",
    )  # fmt: skip
    found = {"host": "127.0.0.1", "port": str(port), "dbname": "penstock"}
    try:
        _wait_until_ready(make_conninfo(**found, user="postgres", password="theirs"), program)
        yield found
    finally:
        program.send_signal(signal.SIGINT)
        program.wait(30)
        shutil.rmtree(place)


def _wait_until_ready(dsn: str, program: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            psycopg.connect(dsn).close()
        except psycopg.OperationalError:
            assert program.poll() is None
            assert time.monotonic() < deadline
        else:
            return


@pytest.fixture(scope="module")
def tenant(address: dict[str, str]) -> str:
    """The DSN of a namespace's role, made by an operator that is no superuser."""

    async def install() -> str:
        dsn = make_conninfo(**address, user="penstock", password="ours")
        await migrate(dsn, datetime.now(UTC), days=1)
        pool = await open_pool(dsn, name="operator")
        tenancy = Tenancy(pool, dsn=dsn, prefix="bundled")
        await tenancy.ensure_access()
        await tenancy.ensure_gateway_role()
        made = await tenancy.ensure_runner_role("acme", uid="first")
        await pool.close()
        return made.dsn

    return asyncio.run(install())


def test_penstocks_role_is_no_superuser(address: dict[str, str], tenant: str) -> None:
    """It owns its database and makes roles, and that suffices to install everything."""
    with psycopg.connect(make_conninfo(**address, user="penstock", password="ours")) as connection:
        rights = connection.execute(
            "select rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls from pg_roles where rolname = current_user"
        ).fetchone()
        owner = connection.execute(
            "select pg_get_userbyid(datdba) from pg_database where datname = current_database()"
        ).fetchone()

    assert rights == (False, True, False, False, False)
    assert owner == ("penstock",)


def test_a_tenant_leaves_nothing_in_the_server(address: dict[str, str], tenant: str) -> None:
    """Other databases are closed to it, large objects too, and its temporary files are bounded."""
    for database in ("postgres", "template1"):
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            psycopg.connect(make_conninfo(tenant, dbname=database))
    with psycopg.connect(tenant, autocommit=True) as connection:
        for call in ("lo_create(0)", "lo_creat(0)", "lo_from_bytea(0, '')"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"select {call}".encode())
        limit = connection.execute("show temp_file_limit").fetchone()

    assert limit == ("1GB",)
