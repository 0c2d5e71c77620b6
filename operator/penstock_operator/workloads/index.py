"""The release's Jobs and their pods, as watches see them; nothing here writes to either."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterable
from typing import Generic, TypeVar
from uuid import UUID

from penstock_core import names
from penstock_core.cluster import JOBS, PODS, Cluster, Key
from penstock_core.observed.base import Observed
from penstock_core.observed.workload import Job, Pod
from penstock_operator.watch.collection import Collection

log = logging.getLogger(__name__)
Value = TypeVar("Value", bound=Observed)


class Workloads:
    """Jobs and pods of a release, found by the execution they belong to."""

    def __init__(self, cluster: Cluster, *, release: str, namespaces: Iterable[str | None]) -> None:
        chosen = tuple(namespaces)
        labels = f"{names.LABEL_RELEASE}={release}"
        self._jobs: _Index[Job] = _Index()
        self._pods: _Index[Pod] = _Index()
        self._collections: tuple[Collection[Job], Collection[Pod]] = (
            Collection(cluster, JOBS, namespaces=chosen, labels=labels, on_change=self._jobs.take),
            Collection(cluster, PODS, namespaces=chosen, labels=labels, on_change=self._pods.take),
        )

    async def run(self) -> None:
        """Keeps them current until cancelled."""
        async with asyncio.TaskGroup() as group:
            for collection in self._collections:
                group.create_task(collection.run())

    async def synced(self, *, within: float) -> None:
        """Waits for the first complete lists, `within` seconds at most."""
        await asyncio.gather(*(collection.synced(within=within) for collection in self._collections))

    def is_alive(self, namespace: str) -> bool:
        """True while what is seen of a namespace can be trusted: nothing may be decided there otherwise."""
        return all(collection.is_alive(namespace) for collection in self._collections)

    def of(self, execution: UUID, *, namespace: str, holder: str = "") -> tuple[list[Job], list[Pod]]:
        """Jobs and pods of an execution: by its label, and by the pod that held its lease (a CronJob's Job has no such label)."""
        jobs = {item.name: item for item in self._jobs.labelled(str(execution))}
        pods = {item.name: item for item in self._pods.labelled(str(execution))}
        holding = self._pods.get((namespace, holder)) if holder else None
        if holding is not None:
            pods[holder] = holding
            job = self._jobs.get((namespace, holding.job))
            if job is not None:
                jobs[job.name] = job
        return list(jobs.values()), list(pods.values())

    def job(self, key: Key) -> Job | None:
        """A Job by (namespace, name)."""
        return self._jobs.get(key)

    def pods_of(self, job: Job) -> list[Pod]:
        """The pods of a CronJob's Job, by its name."""
        return [pod for pod in self._pods.labelled("") if (pod.namespace, pod.job) == job.key]

    def in_namespace(self, namespace: str, *, instance: str) -> list[Job]:
        """Jobs of an instance, by label."""
        return [
            item
            for (where, _), item in self._jobs.items()
            if where == namespace and item.labels.get(names.LABEL_INSTANCE) == instance
        ]


class _Index(Generic[Value]):
    """Objects by key and by execution label."""

    def __init__(self) -> None:
        self._objects: dict[Key, Value] = {}
        self._by_execution: dict[str, set[Key]] = defaultdict(set)

    def take(self, key: Key, item: Value | None) -> None:
        before = self._objects.pop(key, None)
        if before is not None:
            execution = _execution(before)
            self._by_execution[execution].discard(key)
            if not self._by_execution[execution]:
                del self._by_execution[execution]
        if item is not None:
            self._objects[key] = item
            self._by_execution[_execution(item)].add(key)

    def get(self, key: Key) -> Value | None:
        return self._objects.get(key)

    def items(self) -> Iterable[tuple[Key, Value]]:
        return self._objects.items()

    def labelled(self, execution: str) -> list[Value]:
        return [self._objects[key] for key in self._by_execution.get(execution, ())]


def _execution(item: Observed) -> str:
    return item.labels.get(names.LABEL_EXECUTION, "")
