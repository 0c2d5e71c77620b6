"""Databases of releases, kept as plain SQL in `tests/integration/store/schema`: where they lie, and how one is restored.

The dumps are of fixed days: `DAY` is when the executions ran, and when a restored database is migrated.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import psycopg

from penstock_core.store.tenants.instances import Tenancy
from roles import uid

PLACE = Path(__file__).parent.parent / "integration" / "store" / "schema"
DUMPS = sorted(PLACE.glob("*.sql"))
DAY = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAYS_AHEAD = 1
"""Partitions that a dump has: from the day before `DAY` to so many days after it."""
NAMESPACES = ("acme", "globex")
PREFIX = "recorded"
"""Of the database roles, which belong to the whole server."""


def identifier(number: int, *, at: datetime = DAY) -> UUID:
    """The id of a dump's execution of that number, each a minute after the one before."""
    milliseconds = int((at + timedelta(minutes=number)).timestamp() * 1000)
    return UUID(int=milliseconds << 80 | 0x7 << 76 | 0x2 << 62 | number)


def restore(dsn: str, dump: Path) -> None:
    """Bring an empty database to what a release left."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(dump.read_bytes())


async def ensure_roles(tenancy: Tenancy) -> dict[str, str]:
    """The roles and grants, as the operator brings them up to date after every migration; each namespace's runners' DSN."""
    await tenancy.ensure_access()
    await tenancy.ensure_gateway_role(password="gateway")
    roles = {each: await tenancy.ensure_runner_role(each, uid=uid(each), password="runner") for each in NAMESPACES}
    return {namespace: role.dsn for namespace, role in roles.items()}
