"""The release's Jobs and their pods, as watches see them; nothing here writes to either.

Everything is looked up in a namespace: what lies in one is never seen by who asks for another's.
"""

import asyncio
import heapq
from collections.abc import Callable, Hashable, Iterable
from typing import Final, Generic, TypeVar

from penstock_core import names
from penstock_core.cluster import JOBS, PODS, Cluster, Key
from penstock_core.observed.base import Observed
from penstock_core.observed.workload import Job, Pod
from penstock_operator.watch.collection import Collection
from penstock_operator.watch.index import Index
from penstock_operator.workloads.identity import Sought, can_be_ours, is_of

Value = TypeVar("Value", bound=Observed)
Target = TypeVar("Target", bound=Hashable)
MOST: Final = 10_000
"""Jobs, and pods, that are kept of one namespace: of what runs, and of what ended within ten minutes."""
MOST_PODS: Final = 20
"""Pods of a Job that are looked at, the newest ones: it makes three, and one more for each that was disrupted."""


class Workloads:
    """Jobs and pods of a release, found by the execution they belong to."""

    def __init__(self, cluster: Cluster, *, release: str, namespaces: Iterable[str | None]) -> None:
        chosen = tuple(namespaces)
        labels = f"{names.LABEL_RELEASE}={release}"
        self._jobs: _Kept[Job, Key] = _Kept(_instance_of)
        self._pods: _Kept[Pod, Key] = _Kept(_job_of)
        self._collections: tuple[Collection[Job], Collection[Pod]] = (
            Collection(
                cluster,
                JOBS,
                namespaces=chosen,
                labels=labels,
                on_change=self._jobs.take,
                keep=can_be_ours,
                most=MOST,
            ),
            Collection(
                cluster,
                PODS,
                namespaces=chosen,
                labels=labels,
                on_change=self._pods.take,
                keep=can_be_ours,
                most=MOST,
            ),
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

    def of(self, sought: Sought) -> tuple[list[Job], list[Pod]]:
        """The Jobs of an execution, by their names, and their pods.

        A tick's Job is found by the pod that held the lease. That pod counts, too, where its Job is gone: it may still end.
        """
        found = [self.job((sought.namespace, name)) for name in sought.job_names]
        holding = self._pods.objects.get((sought.namespace, sought.holder))
        if holding is not None and holding.job not in sought.job_names:
            found.append(self.job((sought.namespace, holding.job)))
        jobs = [job for job in found if job is not None and sought.owns(job)]
        pods = [pod for job in jobs for pod in self.pods_of(job)]
        if holding is not None and self.job((sought.namespace, holding.job)) is None and sought.owned(holding):
            pods.append(holding)
        return jobs, pods

    def job(self, key: Key) -> Job | None:
        """A Job by (namespace, name)."""
        return self._jobs.objects.get(key)

    def pods_of(self, job: Job) -> list[Pod]:
        """The newest pods of a Job, by its uid: others may have been made that name it as their controller."""
        found = [pod for pod in self._pods.index.objects_of((job.namespace, job.uid)) if is_of(pod, job)]
        return heapq.nlargest(MOST_PODS, found, key=lambda pod: pod.created)

    def in_namespace(self, namespace: str, *, instance: str) -> list[Job]:
        """Jobs of an instance, by label."""
        return self._jobs.index.objects_of((namespace, instance))


class _Kept(Generic[Value, Target]):
    """Objects by their keys, and by what each of them names."""

    def __init__(self, targets: Callable[[Value], Iterable[Target]]) -> None:
        self.objects: dict[Key, Value] = {}
        self.index = Index(self.objects, targets)

    def take(self, key: Key, item: Value | None) -> None:
        if item is None:
            self.objects.pop(key, None)
        else:
            self.objects[key] = item
        self.index.update(key)


def _instance_of(job: Job) -> list[Key]:
    return [(job.namespace, job.labels.get(names.LABEL_INSTANCE, ""))]


def _job_of(pod: Pod) -> list[Key]:
    return [(pod.namespace, pod.controller.uid)] if pod.controller is not None else []
