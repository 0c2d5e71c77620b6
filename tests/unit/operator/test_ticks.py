"""Missed ticks: which count, which are recorded, and what is said, against stand-ins of store and cluster."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import builders
from fake_cluster import FakeCluster
from operator_stand import Clock
from penstock_core import names
from penstock_core.cluster import FLOWS, INSTANCES, Key, Object
from penstock_core.errors import StoreUnavailable
from penstock_core.executions.flow_identity import FlowIdentity
from penstock_core.observed.flow import Flow
from penstock_core.observed.workload import Job, Pod
from penstock_core.store.flows import schedules
from penstock_core.store.flows.schedules import MOST_RECORDED
from penstock_operator.objects.reporter import Reporter
from penstock_operator.schedules.missed_ticks import LOOK_BACK, Ticks, sentence, window_end, window_start
from penstock_operator.watch.inventory import Inventory
from penstock_operator.workloads import index

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Schedules(schedules.Schedules):
    """Ticks that have a row, and what was asked for; `failure` is raised instead of an answer."""

    def __init__(self, known: Iterable[datetime] = ()) -> None:
        self.known = set(known)
        self.recorded: list[datetime] = []
        self.asked: list[tuple[str, int]] = []
        self.failure: Exception | None = None

    async def record_missed(
        self, flow: FlowIdentity, ticks: Sequence[datetime], *, most: int = MOST_RECORDED
    ) -> list[datetime]:
        if self.failure:
            raise self.failure
        self.asked.append((flow.flow, len(ticks)))
        new = [tick for tick in ticks if tick not in self.known]
        self.known |= set(new)
        self.recorded += new
        return new


class Workloads(index.Workloads):
    """Jobs by key, without pods."""

    def __init__(self) -> None:
        self.by_key: dict[Key, Job] = {}

    def job(self, key: Key) -> Job | None:
        return self.by_key.get(key)

    def pods_of(self, job: Job) -> list[Pod]:
        return []


class TickStand:
    """Ticks over one inventory; `since` is when the replica before was last seen."""

    def __init__(
        self,
        cluster: FakeCluster,
        inventory: Inventory,
        clock: Clock,
        *,
        since: datetime,
        known: Iterable[datetime] = (),
    ) -> None:
        self.workloads, self.schedules = Workloads(), Schedules(known)
        self.missed: list[int] = []
        self.ticks = Ticks(
            cluster,
            inventory,
            self.workloads,
            self.schedules,
            reporter=Reporter(cluster, inventory, clock=clock),
            clock=clock,
            missed=self.missed.append,
            since=since,
            release="penstock-system.penstock",
        )

    def run(self, at: datetime, uid: str = "f1", *, ours: bool = True) -> Key:
        """A Job of that tick that still lives, of its CronJob unless it is not `ours`; its key."""
        name = f"acme-orders-{hashlib.sha256(uid.encode()).hexdigest()[:10]}"
        key = ("acme", f"{name}-{int(at.timestamp()) // 60}")
        made_by = builders.controller(name, "c1", kind="CronJob") if ours else {}
        metadata = {"name": key[1], "namespace": "acme", "ownerReferences": [made_by]}
        self.workloads.by_key[key] = Job.parse({"metadata": metadata, "status": {}})
        return key


def scheduled(
    name: str = "poll",
    *,
    uid: str = "f1",
    since: str | None = "2026-03-01T11:42:00Z",
    cron: str = "*/5 * * * *",
    **spec: Any,
) -> Object:
    """A Flow whose schedule holds `since`."""
    metadata = {
        "creationTimestamp": "2026-02-01T11:00:00Z",
        "annotations": {names.ANNOTATION_SCHEDULED_SINCE: since},
    }
    schedule = {"cron": cron, "timeZone": "Etc/UTC", "overlap": "skip"}
    return builders.flow(name, uid=uid, metadata=metadata, schedule=schedule, **spec)


def written(flow: Object, *times: str) -> Object:
    """The Flow as Penstock wrote its spec at these times, and its status later."""
    entries = [{"manager": "penstock", "time": time} for time in times]
    status = {"manager": "penstock", "time": "2026-03-01T12:30:00Z", "subresource": "status"}
    return {**flow, "metadata": {**flow["metadata"], "managedFields": [*entries, status]}}


def texts(ticks: Iterable[datetime]) -> list[str]:
    return [at.strftime("%H:%M") for at in ticks]


@pytest.fixture
def stand(cluster: FakeCluster, inventory: Inventory, clock: Clock) -> Callable[..., TickStand]:
    cluster.seed(FLOWS, scheduled())
    cluster.seed(
        INSTANCES,
        {"metadata": {"name": "acme-orders", "namespace": "acme"}, "spec": {"integration": {"name": "orders"}}},
    )
    return lambda **options: TickStand(cluster, inventory, clock, **{"since": NOON - 12 * MINUTE} | options)


async def test_ticks_without_a_row_are_recorded_as_missed(
    stand: Callable[..., TickStand], cluster: FakeCluster
) -> None:
    """Ticks that were due while nothing ran are recorded, counted and told, once."""
    found = stand(known=[NOON - 15 * MINUTE])
    await found.ticks.step()
    await found.ticks.step()

    assert texts(found.schedules.recorded) == ["11:50", "11:55"]
    assert found.missed == [2]
    assert cluster.events == [
        ("Warning", "TickMissed", "poll: 2 ticks from 2026-03-01 11:50 UTC to 2026-03-01 11:55 UTC were missed")
    ]


async def test_a_tick_that_may_still_start_is_not_missed(stand: Callable[..., TickStand]) -> None:
    """A tick within the CronJob's deadline is nobody's business yet."""
    found = stand(since=NOON)
    await found.ticks.step()

    assert NOON not in found.schedules.recorded


async def test_the_hour_before_the_predecessor_was_last_seen_is_looked_at_again(
    stand: Callable[..., TickStand], cluster: FakeCluster
) -> None:
    """It may have lived without the database, or have left Jobs behind that never started."""
    cluster.seed(FLOWS, scheduled(since="2026-03-01T06:00:00Z", cron="0 * * * *"))
    found = stand(since=NOON)
    await found.ticks.step()

    assert texts(found.schedules.recorded) == ["11:00"]


async def test_a_tick_whose_job_is_there_is_waited_for(stand: Callable[..., TickStand]) -> None:
    """While a tick's Job is alive, its runner will accept the tick; afterwards it counts as missed."""
    found = stand(known=[NOON - 15 * MINUTE, NOON - 10 * MINUTE])
    key = found.run(NOON - 5 * MINUTE)
    await found.ticks.step()
    assert found.schedules.recorded == []

    del found.workloads.by_key[key]
    await found.ticks.step()

    assert found.schedules.recorded == [NOON - 5 * MINUTE]


async def test_a_job_that_no_schedule_made_stands_for_no_tick(stand: Callable[..., TickStand]) -> None:
    """A Job of a tick's name alone hides nothing."""
    found = stand(known=[NOON - 15 * MINUTE, NOON - 10 * MINUTE])
    found.run(NOON - 5 * MINUTE, ours=False)
    await found.ticks.step()

    assert found.schedules.recorded == [NOON - 5 * MINUTE]


async def test_what_comes_after_a_tick_that_is_under_way_is_asked_for_once(
    stand: Callable[..., TickStand], clock: Clock
) -> None:
    """One old Job does not make every later tick a question of each round."""
    found = stand()
    found.run(NOON - 15 * MINUTE)
    for _ in range(3):
        await found.ticks.step()
        clock.advance(timedelta(seconds=15))

    assert found.schedules.asked == [("poll", 2)]


async def test_a_paused_flow_has_its_ticks_until_it_was_written_so(
    stand: Callable[..., TickStand], cluster: FakeCluster
) -> None:
    """What was due before the pause is not forgotten in it; later ticks are nobody's."""
    cluster.seed(FLOWS, written(scheduled(paused=True), "2026-03-01T11:51:00Z"))
    found = stand()
    await found.ticks.step()

    assert texts(found.schedules.recorded) == ["11:45", "11:50"]


async def test_another_releases_schedules_are_not_watched(
    stand: Callable[..., TickStand], cluster: FakeCluster
) -> None:
    """Where two releases watch a namespace, each records the missed ticks of its own Flows."""
    item = scheduled()
    item["metadata"]["labels"] = {names.LABEL_RELEASE: "other.release"}
    cluster.seed(FLOWS, item)
    found = stand()
    await found.ticks.step()

    assert found.schedules.recorded == []


async def test_flows_of_a_namespace_that_may_not_be_read_miss_nothing(
    stand: Callable[..., TickStand], inventory: Inventory
) -> None:
    """A deleted namespace takes the right to see its Flows go: what is known of them may be long gone."""
    inventory.set_partial(["acme"])
    found = stand()
    await found.ticks.step()

    assert found.schedules.recorded == []


async def test_a_schedule_that_cannot_be_read_does_not_keep_the_others(
    stand: Callable[..., TickStand], cluster: FakeCluster
) -> None:
    """Every flow is checked, whatever stands in another."""
    cluster.seed(FLOWS, scheduled("broken", uid="f0", cron="every day"))
    cluster.seed(FLOWS, scheduled("later", uid="f2"))
    found = stand()
    await found.ticks.step()

    assert [flow for flow, _ in found.schedules.asked] == ["poll", "later"]


async def test_without_the_database_a_round_ends(stand: Callable[..., TickStand], cluster: FakeCluster) -> None:
    """What was not recorded is tried again by a later round, and the loop learns that the database is away."""
    cluster.seed(FLOWS, scheduled("later", uid="f2"))
    found = stand()
    found.schedules.failure = StoreUnavailable("away")
    with pytest.raises(StoreUnavailable):
        await found.ticks.step()
    found.schedules.failure = None
    await found.ticks.step()

    assert found.schedules.asked == [("poll", 3), ("later", 3)]


class Counting(Flow):
    """A Flow that counts how often it is looked into."""

    looks = 0

    def __getattribute__(self, name: str) -> Any:
        Counting.looks += 1
        return super().__getattribute__(name)


async def test_a_round_looks_at_each_schedule_a_few_times(
    inventory: Inventory, cluster: FakeCluster, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The work grows with the number of schedules, not with its square."""
    monkeypatch.setattr(Counting, "looks", 0)
    inventory._objects[FLOWS.plural] = {
        ("acme", f"f{number}"): Counting.parse(scheduled(f"f{number}", uid=f"f{number}", cron="0 0 1 1 *"))
        for number in range(200)
    }
    found = TickStand(cluster, inventory, clock, since=NOON)
    for _ in range(2):
        await found.ticks.step()

    assert Counting.looks < 2 * 200 * 20


def test_nothing_but_the_schedule_moves_where_ticks_begin() -> None:
    """A spec that was written a moment ago hides no tick; a schedule that was changed then had none before."""
    flow = FLOWS.parse(written(scheduled(since="2026-03-01T09:00:00Z"), "2026-03-01T11:58:00Z"))

    assert window_start(flow, checked=NOON - timedelta(hours=2), now=NOON) == NOON - timedelta(hours=2)
    assert window_start(flow, checked=NOON - timedelta(hours=4), now=NOON) == NOON - timedelta(hours=3)
    assert (
        window_start(flow, checked=NOON - timedelta(days=30), now=NOON + timedelta(days=20))
        == NOON + timedelta(days=20) - LOOK_BACK
    )


def test_a_schedule_without_the_annotation_holds_since_its_creation() -> None:
    """As for a Flow that an earlier operator made."""
    flow = FLOWS.parse(scheduled(since=None))

    assert window_start(flow, checked=NOON - timedelta(days=90), now=datetime(2026, 2, 3, tzinfo=UTC)) == datetime(
        2026, 2, 1, 11, tzinfo=UTC
    )


def test_ticks_end_where_they_may_still_start_and_where_a_pause_holds() -> None:
    """The last write of a paused Flow is the latest moment at which its pause began."""
    times = "2026-03-01T11:30:00Z", "2026-03-01T11:40:00Z"
    flow, paused = (FLOWS.parse(written(scheduled(paused=paused), *times)) for paused in (False, True))

    assert window_end(flow, now=NOON) == NOON - 3 * MINUTE
    assert window_end(paused, now=NOON) == NOON - 20 * MINUTE
    assert window_end(paused, now=NOON - 19 * MINUTE) == NOON - 22 * MINUTE


def test_the_event_says_how_many_are_recorded() -> None:
    """Of very many ticks the newest are kept, and the sentence says so."""
    many = [NOON + number * MINUTE for number in range(150)]

    assert sentence("poll", many[:1]) == "poll: the tick of 2026-03-01 12:00 UTC was missed"
    assert "recorded" not in sentence("poll", many[:100])
    assert sentence("poll", many) == (
        "poll: 150 ticks from 2026-03-01 12:00 UTC to 2026-03-01 14:29 UTC were missed;"
        " the newest 100 of them are recorded"
    )
