"""The Jobs' creator against errors that nobody foresaw."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from prometheus_client import CollectorRegistry

from fake_cluster import FakeCluster
from gateway_stand import flow, settings
from penstock_core import uuid7
from penstock_core.cluster import Kind, Object
from penstock_core.store.executions.model import Started
from penstock_gateway.acceptance.job_creation import Starter
from penstock_gateway.flows import FlowTable
from penstock_gateway.metrics import Metrics


class Failing(FakeCluster):
    """A cluster whose first write is a defect of ours."""

    def __init__(self) -> None:
        super().__init__()
        self.defects = [KeyError("metadata")]

    async def create(self, kind: Kind, namespace: str | None, body: Mapping[str, Any]) -> Object:
        if self.defects:
            raise self.defects.pop()
        return await super().create(kind, namespace, body)


async def test_a_defect_costs_one_job() -> None:
    """An exception that nobody foresaw leaves its execution to the dispatcher; the same worker creates the next Job."""
    cluster, flows, metrics = Failing(), FlowTable(), Metrics(CollectorRegistry())
    body = flow()
    flows.change(("acme", body["metadata"]["name"]), body)
    starter = Starter(cluster, flows, runner=settings().runner, metrics=metrics, concurrency=1)
    executions = [Started(id=uuid7.new(), namespace="acme", flow_uid=body["metadata"]["uid"]) for _ in range(2)]
    task = asyncio.create_task(starter.run())
    starter.start(executions)
    emptied = await starter.drain(within=5)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task

    assert emptied
    assert metrics.jobs["dropped"]._value.get() == 1
    assert cluster.jobs() == [f"pex-{executions[1].id}"]
