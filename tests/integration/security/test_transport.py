"""How programs reach a database whose certificate nobody has signed: encrypted, and to no other server than their own."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from lacking import lacking
from penstock_core.store.connection.pool import open_pool
from penstock_core.store.tenants.instances import Tenancy
from penstock_core.store.tenants.model import RoleDsn
from postgres import Server, server

BOUND = {"sslmode": "require", "channel_binding": "require", "gssencmode": "disable"}
"""As the chart's DSN has it."""


@pytest.fixture(scope="module")
def encrypted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with TLS, as the chart's, that asks all but its superuser for a password."""
    if shutil.which("openssl") is None:
        lacking("there is no openssl to make a certificate with: `python3 -m testbed packages` installs it")
    place = Path("/tmp") / f"penstock-tls-{uuid4().hex[:8]}"
    place.mkdir(mode=0o755)
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=postgres"
    subprocess.run(
        ["openssl", *words.split(), "-keyout", place / "key", "-out", place / "crt"], check=True, capture_output=True
    )
    (place / "key").chmod(0o600)
    if os.getuid() == 0:
        shutil.chown(place / "key", "postgres")
    settings = {"ssl": "on", "ssl_cert_file": f"'{place}/crt'", "ssl_key_file": f"'{place}/key'"}
    try:
        with server(settings) as running:
            rules = "host all postgres 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
            (running.directory / "data" / "pg_hba.conf").write_text(rules)
            running.restart()
            yield running
    finally:
        shutil.rmtree(place)


async def role(dsn: str, *, host: str | None = None) -> RoleDsn:
    """The role of a namespace, made over an encrypted connection that is bound to the server."""
    pool = await open_pool(dsn, name="operator")
    tenancy = Tenancy(pool, dsn=make_conninfo(dsn, **BOUND), prefix=f"t{uuid4().hex[:8]}", host=host)
    await tenancy.ensure_access()
    made = await tenancy.ensure_runner_role("acme", uid="first")
    await pool.close()
    return made


async def test_a_runner_reaches_its_own_server_encrypted(encrypted: Server) -> None:
    """Its DSN is bound as the operator's is, and the password that the operator hashed opens it."""
    with encrypted.database() as dsn:
        made = await role(dsn)
        with psycopg.connect(made.dsn) as connection:
            used = connection.pgconn.ssl_in_use
            known = connection.execute("select ssl from pg_stat_ssl where pid = pg_backend_pid()").fetchone()
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(make_conninfo(made.dsn, password="another"))

    assert used
    assert known == (True,)


@pytest.mark.parametrize(
    ("changed", "words"),
    [({"sslmode": "disable"}, "channel binding required"), ({"user": "postgres"}, "channel binding required")],
    ids=["no TLS", "a server that asks for no proof"],
)
async def test_whoever_cannot_prove_to_be_the_server_is_refused(
    encrypted: Server, changed: dict[str, str], words: str
) -> None:
    """A program gives its password to nobody who would take it in clear, and goes on with nobody who does not ask for it."""
    with encrypted.database() as dsn:
        made = await role(dsn)
        with pytest.raises(psycopg.OperationalError, match=words):
            psycopg.connect(make_conninfo(made.dsn, **changed))


async def test_a_pooler_need_not_prove_to_be_the_server(encrypted: Server) -> None:
    """It ends TLS itself: the DSN that leads to it asks for encryption alone."""
    with encrypted.database() as dsn:
        made = await role(dsn, host=f"127.0.0.1:{encrypted.port}")
        told = psycopg.conninfo.conninfo_to_dict(made.dsn)

    assert (told["sslmode"], "channel_binding" in told) == ("require", False)
