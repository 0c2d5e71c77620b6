"""What belongs to an instance or a namespace as a whole: its role, its mirror for searches, the removal of its data."""

from uuid import UUID

from psycopg.types.json import Jsonb

from penstock_core.store.access import Access
from penstock_core.store.model import InstanceMirror
from penstock_core.store.queries import load

_QUERIES = load("tenancy")


class Tenancy(Access):
    """Used by the operator; the methods about roles are in `Access`."""

    async def mirror_instance(self, instance: InstanceMirror) -> bool:
        """Brings the mirror up to date; False where nothing had changed."""
        values = {name: getattr(instance, name) for name in InstanceMirror.__slots__}
        return await self.count(_QUERIES["mirror_instance"], **{**values, "labels": Jsonb(dict(instance.labels))}) == 1

    async def delete_instance_data(self, *, namespace: str, instance_uid: str, batch: int = 1000) -> int:
        """Removes everything of an instance, a batch at a time; returns how many executions there were.

        Running ones lose their lease by it. May be broken off and repeated.
        """
        removed = 0
        after = UUID(int=0)
        scope = {"namespace": namespace, "instance_uid": instance_uid}
        while found := await self.rows(_QUERIES["instance_executions"], **scope, after=after, batch=batch):
            ids = [row["id"] for row in found]
            deleted = await self.row(_QUERIES["delete_executions"], namespace=namespace, ids=ids)
            removed += deleted["count"] if deleted else 0
            after = ids[-1]
        await self.count(_QUERIES["delete_instance"], instance_uid=instance_uid)
        return removed
