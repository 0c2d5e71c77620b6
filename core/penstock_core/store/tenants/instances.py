"""What belongs to an instance or a namespace as a whole: its role, its mirror for searches, the removal of its data."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from penstock_core.errors import StoreContended
from penstock_core.store.connection.queries import load
from penstock_core.store.tenants.model import InstanceMirror, StoredDefinition
from penstock_core.store.tenants.roles import Access

_QUERIES = load("tenants/instances")


class Tenancy(Access):
    """Used by the operator; the methods about roles are in `Access`."""

    async def mirror_instances(self, instances: Sequence[InstanceMirror]) -> int:
        """Brings the mirrors of Instances up to date, by one statement; how many had changed."""
        latest = {one.uid: one for one in instances}.values()
        columns: dict[str, list[Any]] = {
            name: [getattr(one, name) for one in latest] for name in InstanceMirror.__slots__
        }
        columns["labels"] = [Jsonb(dict(one.labels)) for one in latest]
        return await self.count(_QUERIES["mirror_instances"], **columns)

    async def keep_definitions(self, namespace: str, definitions: Sequence[StoredDefinition]) -> None:
        """Keeps definitions of Instances' flows, so that executions can name them by their hashes; they go with the Instances."""
        latest = {one.hash: one for one in definitions}.values()
        await self.count(
            _QUERIES["keep_definitions"],
            namespace=namespace,
            hashes=[one.hash for one in latest],
            definitions=[one.packed for one in latest],
            instance_uids=[one.instance_uid for one in latest],
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
