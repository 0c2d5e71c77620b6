"""What belongs to an instance or a namespace as a whole: its role, its mirror for searches, the removal of its data."""

from collections.abc import Collection
from uuid import UUID

from psycopg.types.json import Jsonb

from penstock_core.errors import StoreContended
from penstock_core.store.connection.queries import load
from penstock_core.store.tenants.model import InstanceMirror
from penstock_core.store.tenants.roles import Access

_QUERIES = load("tenants/instances")


class Tenancy(Access):
    """Used by the operator; the methods about roles are in `Access`."""

    async def mirror_instance(self, instance: InstanceMirror) -> bool:
        """Brings the mirror up to date; False where nothing had changed."""
        values = {name: getattr(instance, name) for name in InstanceMirror.__slots__}
        return await self.count(_QUERIES["mirror_instance"], **{**values, "labels": Jsonb(dict(instance.labels))}) == 1

    async def keep_definition(self, *, namespace: str, instance_uid: str, hash: str, packed: bytes) -> None:  # noqa: A002
        """Keeps a definition of an instance's flow, so that executions can name it by its hash; it goes with the instance."""
        await self.count(
            _QUERIES["keep_definition"], namespace=namespace, instance_uid=instance_uid, hash=hash, definition=packed
        )

    async def delete_instance_data(
        self, *, namespace: str, instance: str, instance_uid: str, other_flows: Collection[str], batch: int = 1000
    ) -> int:
        """Removes everything of an instance, a batch at a time; returns how many executions there were.

        `other_flows` are the uids of all flows of the namespace that stay: what names none of them is removed, too.
        Running ones lose their lease by it. May be broken off and repeated. Batches become smaller where one takes too long.
        """
        removed = 0
        after = UUID(int=0)
        scope = {"namespace": namespace, "instance": instance, "instance_uid": instance_uid}
        while found := await self.rows(_QUERIES["instance_executions"], **scope, after=after, batch=batch):
            ids = [row["id"] for row in found]
            try:
                deleted = await self.row(_QUERIES["delete_executions"], namespace=namespace, ids=ids)
            except StoreContended:
                if batch == 1:
                    raise
                batch = max(batch // 10, 1)
                continue
            removed += deleted["count"] if deleted else 0
            after = ids[-1]
        await self.count(
            _QUERIES["delete_instance"], namespace=namespace, instance_uid=instance_uid, other_flows=list(other_flows)
        )
        return removed
