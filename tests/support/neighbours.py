"""Two namespaces on one database, of which `evil` writes and holds what it likes, and the operator's loops over both.

Hostile rows are written as the owner: what readers make of them must not depend on who could write them.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import builders
from fake_cluster import FakeCluster
from operator_stand import ENVIRONMENT, Clock, watched
from penstock_core import codec, uuid7
from penstock_core.cluster import FLOWS, JOBS, Key, Object
from penstock_core.executions.flow_identity import flow_identity
from penstock_core.executions.states import ExecutionState, Trigger
from penstock_core.observed.flow import Flow
from penstock_core.observed.workload import Job, Pod
from penstock_core.store.connection.pool import Pool
from penstock_core.store.connection.readable import PutAside
from penstock_core.store.executions.acceptance import Acceptances
from penstock_core.store.executions.live import Dispatch
from penstock_core.store.executions.model import Acceptance, Full
from penstock_core.store.executions.reading import Reading
from penstock_core.store.flows.schedules import Schedules
from penstock_core.store.flows.statistics import Statistics
from penstock_operator.executions.dispatcher import Dispatcher
from penstock_operator.executions.job_creation import Starter
from penstock_operator.executions.last_executions import LastRuns
from penstock_operator.executions.recovery import RECOVERY_SECONDS, Recovery
from penstock_operator.objects.reporter import Reporter
from penstock_operator.schedules.missed_ticks import Ticks
from penstock_operator.settings import from_environment
from penstock_operator.watch.inventory import Inventory
from penstock_operator.workloads import index
from penstock_operator.workloads.identity import Sought

ACME: Final = "acme"
EVIL: Final = "evil"
FAR_OFF: Final = uuid7.new(int(datetime(8000, 1, 1, tzinfo=UTC).timestamp() * 1000))
"""An id that says it was made in the year 8000."""


class Workloads(index.Workloads):
    """No Job and no pod is to be seen."""

    def __init__(self) -> None:
        pass

    def is_alive(self, namespace: str) -> bool:
        return True

    def of(self, sought: Sought) -> tuple[list[Job], list[Pod]]:
        return [], []

    def job(self, key: Key) -> None:
        return None


class Neighbours:
    """The loops over one database, and what they counted; `aside` holds the readers' names."""

    def __init__(self, pool: Pool, dsn: str) -> None:
        self.pool, self.clock, self.inventory = pool, Clock(), Inventory()
        self.aside: list[str] = []
        pool.aside = PutAside(self.aside.append)
        self.clock.at = datetime.now(UTC)
        self.cluster = FakeCluster(told=watched(self.inventory))
        self.settings = from_environment({**ENVIRONMENT, "PENSTOCK_DSN": dsn})
        self.dispatch, self.reading = Dispatch(pool), Reading(pool)
        self.lost: list[str] = []
        self.missed: list[int] = []
        self.starter = Starter(
            self.cluster, self.inventory, self.dispatch, runner=self.settings.runner, lost=self.lost.append
        )
        self.reporter = Reporter(self.cluster, self.inventory, clock=self.clock)

    def flow(self, namespace: str, *, name: str = "hook", **spec: Any) -> Object:
        """A Flow of a namespace, whose uid is `<namespace>-<name>`."""
        created = {"creationTimestamp": (self.clock() - timedelta(days=7)).isoformat()}
        own = builders.flow(name, namespace=namespace, uid=f"{namespace}-{name}", metadata=created, **spec)
        return self.cluster.seed(FLOWS, own)

    async def accept(self, flow: Object, *, start: bool = False) -> UUID:
        """A new execution of a flow, queued unless it is to `start`."""
        acceptances, identity = Acceptances(self.pool), flow_identity(Flow.parse(flow))
        await acceptances.ensure_definition(namespace=identity.namespace, hash="9" * 64, packed=codec.pack({}).data)
        one = Acceptance(
            id=uuid7.new(),
            flow=identity,
            trigger=Trigger.WEBHOOK,
            payload=codec.pack({}).data,
            requested_by="test",
            start=start,
        )
        [outcome] = (await acceptances.accept([one])).outcomes
        assert not isinstance(outcome, Full)
        return outcome.id

    async def running(self, namespace: str) -> UUID:
        """An execution that a runner had claimed which is gone, pod and Job; with a step that runs."""
        execution = await self.accept(self.flow(namespace), start=True)
        await self.write(f"update executions set state = 'running', started_at = now() where id = '{execution}'")
        await self.write(
            "update live_executions set state = 'running', epoch = 1, holder = 'gone',"
            f" lease_until = now() - interval '1 minute' where id = '{execution}'"
        )
        await self.step(execution, namespace)
        return execution

    async def step(self, execution: UUID, namespace: str, *, path: str = "one") -> None:
        """A step that runs, written by `namespace`."""
        await self.write(
            "insert into step_results (execution_id, path, attempt, namespace, action, status, started_at)"
            f" values ('{execution}', '{path}', 1, '{namespace}', 'http', 'running', now())"
        )

    async def passed(self, namespace: str) -> UUID:
        """An execution that has passed."""
        execution = await self.accept(self.flow(namespace), start=True)
        await self.write(f"update executions set state = 'passed', ended_at = now() where id = '{execution}'")
        return execution

    async def state(self, execution: UUID) -> ExecutionState:
        """As it is recorded."""
        found = await self.reading.execution(execution)
        assert found is not None
        return found.state

    def recovery(self) -> Recovery:
        """Custody of a fresh replica."""

        async def blocked(*_: Any) -> None:
            pass

        return Recovery(
            self.cluster,
            self.dispatch,
            Workloads(),
            self.starter,
            clock=self.clock,
            lost=self.lost.append,
            blocked=blocked,
        )

    async def recover(self) -> None:
        """One round of custody, after runners had their time."""
        recovery = self.recovery()
        await recovery.step()
        self.clock.advance(timedelta(seconds=RECOVERY_SECONDS))
        await recovery.step()

    def dispatcher(self) -> Dispatcher:
        """The dispatcher of a fresh replica."""
        return Dispatcher(self.dispatch, self.starter, max_running=100)

    def last_runs(self) -> LastRuns:
        """What publishes the Flows' last executions, of a fresh replica."""
        return LastRuns(Statistics(self.pool), self.inventory, self.reporter, monotonic=lambda: 1000.0)

    def ticks(self) -> Ticks:
        """What looks for missed ticks, of a fresh replica."""
        return Ticks(
            self.cluster,
            self.inventory,
            Workloads(),
            Schedules(self.pool),
            reporter=self.reporter,
            clock=self.clock,
            missed=self.missed.append,
            since=self.clock() - timedelta(minutes=10),
            release="penstock-system.penstock",
        )

    def jobs(self, namespace: str) -> list[str]:
        """Names of the Jobs of a namespace."""
        return [name for (plural, place, name) in self.cluster.objects if (plural, place) == (JOBS.plural, namespace)]

    def shown(self, namespace: str) -> Any:
        """The last execution's id as the Flow `hook` of a namespace shows it."""
        body = self.cluster.objects[FLOWS.plural, namespace, "acme-orders.hook"]
        return body.get("status", {}).get("lastExecution", {}).get("id")

    async def write(self, statement: str) -> None:
        """Runs a statement as the owner of the tables."""
        async with self.pool.connection() as connection:
            await connection.execute(statement.encode())

    @asynccontextmanager
    async def holding(self, *statements: str) -> AsyncIterator[None]:
        """While this lasts, a transaction that has run the statements stays open."""
        async with self.pool.connection() as connection, connection.transaction(force_rollback=True):
            for statement in statements:
                await connection.execute(statement.encode())
            yield


Hostile = Callable[[UUID], str]
"""A statement that makes a row hostile; it is given the id of an execution of the neighbour that has passed."""
