"""What a namespace with instances needs besides them: a database role with its Secret, the gateway's right to create Jobs, and,
where the release bounds it, a NetworkPolicy that says where runner pods may go.

Made before the first Flow, removed after the last Instance. Calls for one namespace are serialised.
The role is only untied here, which holds up nobody; `retired_roles` removes it.
"""

import asyncio
import base64
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from penstock_core import names
from penstock_core.cluster import NAMESPACES, NETWORK_POLICIES, ROLE_BINDINGS, SECRETS, Cluster, Object
from penstock_core.errors import ClusterError, NotFound
from penstock_core.manifests.access import gateway_role_binding
from penstock_core.manifests.egress import runner_policy
from penstock_core.manifests.secret import database
from penstock_core.observed.base import Observed
from penstock_core.store.tenants.instances import Tenancy
from penstock_operator.objects.apply import ensure
from penstock_operator.settings import Settings

log = logging.getLogger(__name__)


class Namespaces:
    """Prepares and clears namespaces; what was prepared is remembered until it is cleared or `forget` is told."""

    def __init__(self, cluster: Cluster, tenancy: Tenancy, settings: Settings) -> None:
        self._cluster = cluster
        self._tenancy = tenancy
        self._settings = settings
        self._locks: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._prepared: set[str] = set()

    async def prepare(self, namespace: str) -> None:
        """Makes what is missing; cheap when nothing is."""
        async with self._locks[namespace]:
            if namespace not in self._prepared:
                await self._make(namespace)
                self._prepared.add(namespace)

    def prepared(self) -> list[str]:
        """Namespaces that hold what was made for them."""
        return sorted(self._prepared)

    def forget(self, namespace: str) -> None:
        """Somebody changed what was prepared there: look again next time."""
        self._prepared.discard(namespace)

    async def recheck(self, namespaces: Iterable[str]) -> None:
        """Looks again at what was prepared, as nothing watches RoleBindings: one that was deleted delays every execution."""
        for namespace in namespaces:
            try:
                async with self._locks[namespace]:
                    if namespace in self._prepared:
                        await self._make(namespace)
            except ClusterError as error:
                log.warning("namespace not prepared", extra={"namespace": namespace, "cause": str(error)})

    async def leave(
        self, namespace: str, *, is_last: Callable[[], bool], release: Callable[[], Awaitable[None]]
    ) -> None:
        """Lets an Instance go by `release`, one at a time: the last takes with it what was made for all of them."""
        async with self._locks[namespace]:
            if is_last():
                await self._clear(namespace)
            await release()

    async def _clear(self, namespace: str) -> None:
        """Takes everything away again; repeated calls do no harm."""
        self._prepared.discard(namespace)
        await self._tenancy.untie(namespace)
        await self._cluster.delete(SECRETS, namespace, names.database_secret(self._settings.release_name))
        await self._remove_policy(namespace)
        if self._settings.jobs_role:
            await self._cluster.delete(ROLE_BINDINGS, namespace, self._settings.jobs_role)
        log.info("namespace cleared", extra={"namespace": namespace})

    async def _make(self, namespace: str) -> None:
        await self._ensure_policy(namespace)
        await self._ensure_database(namespace)
        await self._ensure_binding(namespace)

    async def _ensure_database(self, namespace: str) -> None:
        uid = Observed.parse(await self._cluster.get(NAMESPACES, None, namespace)).uid
        user = names.database_role(self._settings.database_role_prefix, namespace, uid=uid)
        name = names.database_secret(self._settings.release_name)
        current = await self._get(SECRETS, namespace, name)
        role = await self._tenancy.ensure_runner_role(namespace, uid=uid, password=password_in(current, user=user))
        manifest = database(release=self._settings.release, namespace=namespace, name=name, dsn=role.dsn)
        _, written = await ensure(self._cluster, SECRETS, manifest, current=current)
        if written:
            log.info("database secret written", extra={"namespace": namespace, "role": role.role})

    async def publish_gateway_address(self) -> None:
        """The gateway's database role, and the Secret in the release's namespace that the gateway waits for."""
        name, namespace = self._settings.gateway_database_secret, self._settings.release_namespace
        if not name:
            return
        current = await self._get(SECRETS, namespace, name)
        role = await self._tenancy.ensure_gateway_role(password=password_in(current))
        manifest = database(release=self._settings.release, namespace=namespace, name=name, dsn=role.dsn)
        await ensure(self._cluster, SECRETS, manifest, current=current)

    async def _ensure_binding(self, namespace: str) -> None:
        role = self._settings.jobs_role
        if not role:
            return
        manifest = gateway_role_binding(
            release=self._settings.release,
            namespace=namespace,
            role=role,
            service_account=self._settings.gateway_service_account,
            service_account_namespace=self._settings.release_namespace,
        )
        await ensure(self._cluster, ROLE_BINDINGS, manifest, current=await self._get(ROLE_BINDINGS, namespace, role))

    async def _ensure_policy(self, namespace: str) -> None:
        """Before anything can start there; removed where the release bounds it no longer."""
        rules = self._settings.runner_egress
        if not rules:
            await self._remove_policy(namespace)
            return
        name = names.runner_policy(self._settings.release_name)
        manifest = runner_policy(
            release=self._settings.release,
            release_name=self._settings.release_name,
            namespace=namespace,
            rules=rules,
        )
        await ensure(
            self._cluster, NETWORK_POLICIES, manifest, current=await self._get(NETWORK_POLICIES, namespace, name)
        )

    async def _remove_policy(self, namespace: str) -> None:
        name = names.runner_policy(self._settings.release_name)
        if await self._get(NETWORK_POLICIES, namespace, name) is not None:
            await self._cluster.delete(NETWORK_POLICIES, namespace, name)

    async def _get(self, kind: Any, namespace: str, name: str) -> Object | None:
        try:
            return await self._cluster.get(kind, namespace, name)
        except NotFound:
            return None


def password_in(secret: Mapping[str, Any] | None, *, user: str | None = None) -> str | None:
    """The password of the DSN in a Secret, so that programs which use it are not locked out; None where there is none.

    With `user`, only where it is that role's: one that follows another gets a password of its own.
    """
    try:
        found = conninfo_to_dict(base64.b64decode((secret or {})["data"]["dsn"]).decode())
    except (KeyError, ValueError, ProgrammingError):
        return None
    password = found.get("password")
    return str(password) if password and user in {None, found.get("user")} else None
