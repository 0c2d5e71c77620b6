"""What tests do to database roles: name a namespace's, and remove it as the operator's loop does."""

from penstock_core.store.connection.pool import Pool
from penstock_core.store.tenants.instances import Tenancy
from penstock_core.store.tenants.role_removal import RoleRemoval


def uid(namespace: str) -> str:
    """The uid of a namespace, where it does not matter which one."""
    return f"uid-of-{namespace}"


async def drop_roles(pool: Pool, dsn: str, prefix: str, *namespaces: str) -> None:
    """Untie the namespaces' roles and remove them."""
    tenancy, removal = Tenancy(pool, dsn=dsn, prefix=prefix), RoleRemoval(pool, dsn=dsn, prefix=prefix)
    for namespace in namespaces:
        await tenancy.untie(namespace)
    for role in await removal.retired(limit=100):
        await removal.remove(role)
