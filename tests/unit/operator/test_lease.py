"""Holding the Lease: one at a time, and giving up before another may take over."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Never

import pytest

from fake_cluster import FakeCluster
from penstock_core.cluster import LEASES, Object
from penstock_core.errors import ClusterUnavailable
from penstock_operator.errors import LeaseLostError
from penstock_operator.process.lease import GIVE_UP_SECONDS, LEASE_SECONDS, RENEW_SECONDS, LeaseHolder


class Monotonic:
    """A clock in seconds, moved by every sleep."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.at += seconds


@pytest.fixture
def monotonic() -> Monotonic:
    return Monotonic()


def holder(cluster: FakeCluster, monotonic: Monotonic, name: str, **parts: Any) -> LeaseHolder:
    return LeaseHolder(
        cluster,
        namespace="penstock-system",
        name="operator",
        holder=name,
        monotonic=monotonic,
        sleep=monotonic.sleep,
        **parts,
    )


def record(cluster: FakeCluster) -> dict[str, Any]:
    spec: dict[str, Any] = cluster.of(LEASES)["operator"]["spec"]
    return spec


async def test_the_first_takes_it_and_the_second_waits_for_its_end(cluster: FakeCluster, monotonic: Monotonic) -> None:
    """A spare takes over only when the record has not changed for the lease's duration by its own clock."""
    first, second = holder(cluster, monotonic, "a"), holder(cluster, monotonic, "b")
    await first.acquire()
    before = monotonic.at
    await second.acquire()

    assert record(cluster)["holderIdentity"] == "b"
    assert monotonic.at - before > LEASE_SECONDS
    assert record(cluster)["leaseTransitions"] == 2


async def test_a_released_lease_is_taken_at_once(cluster: FakeCluster, monotonic: Monotonic) -> None:
    """Release lets the spare go on without waiting, and tells when the one before was last alive."""
    first, second = holder(cluster, monotonic, "a"), holder(cluster, monotonic, "b")
    await first.acquire()
    await first.release()
    before = monotonic.at
    await second.acquire()

    assert monotonic.at == before
    assert second.predecessor_seen is not None


async def test_a_lease_held_by_another_is_lost(cluster: FakeCluster, monotonic: Monotonic) -> None:
    """A holder that sees another name in the record stops at once."""
    first = holder(cluster, monotonic, "a")
    await first.acquire()
    body = cluster.of(LEASES)["operator"]
    cluster.seed(LEASES, {**body, "spec": {**body["spec"], "holderIdentity": "b"}})

    with pytest.raises(LeaseLostError, match="held by b"):
        await first.keep()


async def test_a_holder_that_cannot_renew_gives_up_before_the_spare_takes_over(
    cluster: FakeCluster, monotonic: Monotonic
) -> None:
    """Without the API server the holder ends while its lease still runs."""
    first = holder(cluster, monotonic, "a")
    await first.acquire()
    before = monotonic.at
    cluster.failures[("patch", "leases")] = ClusterUnavailable("away")

    with pytest.raises(LeaseLostError, match="could not be renewed"):
        await first.keep()
    assert GIVE_UP_SECONDS <= monotonic.at - before < LEASE_SECONDS


async def test_releasing_what_another_took_changes_nothing(cluster: FakeCluster, monotonic: Monotonic) -> None:
    """A late release does not take the lease from its new holder."""
    first = holder(cluster, monotonic, "a")
    await first.acquire()
    body = cluster.of(LEASES)["operator"]
    cluster.seed(LEASES, {**body, "spec": {**body["spec"], "holderIdentity": "b"}})
    await first.release()

    assert record(cluster)["holderIdentity"] == "b"


async def test_a_pod_that_restarts_learns_when_it_was_last_alive(cluster: FakeCluster, monotonic: Monotonic) -> None:
    """After an outage of the whole cluster the same pod takes its own Lease: what was missed since then still counts."""
    await holder(cluster, monotonic, "a").acquire()
    body = cluster.of(LEASES)["operator"]
    cluster.seed(LEASES, {**body, "spec": {**body["spec"], "renewTime": "2026-03-01T06:00:00.000000Z"}})
    again = holder(cluster, monotonic, "a")
    await again.acquire()

    assert again.predecessor_seen == datetime(2026, 3, 1, 6, tzinfo=UTC)


async def test_an_answer_that_is_lost_does_not_hide_the_predecessor(
    cluster: FakeCluster, monotonic: Monotonic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A first try that went through unheard leaves our own name and time in the record: they are not the predecessor's."""
    await holder(cluster, monotonic, "a").acquire()
    body = cluster.of(LEASES)["operator"]
    cluster.seed(LEASES, {**body, "spec": {"holderIdentity": "", "renewTime": "2026-03-01T06:00:00.000000Z"}})
    patch, second = cluster.patch, holder(cluster, monotonic, "b")

    async def unheard(*arguments: Any) -> Never:
        monkeypatch.setattr(cluster, "patch", patch)
        await patch(*arguments)
        raise ClusterUnavailable("the connection broke")

    monkeypatch.setattr(cluster, "patch", unheard)
    await second.acquire()

    assert record(cluster)["holderIdentity"] == "b"
    assert second.predecessor_seen == datetime(2026, 3, 1, 6, tzinfo=UTC)


@pytest.mark.parametrize("hangs", [True, False])
async def test_nothing_delays_giving_up(
    cluster: FakeCluster, monotonic: Monotonic, monkeypatch: pytest.MonkeyPatch, hangs: bool
) -> None:
    """However long each call takes, and however soon it fails, the holder has given up 10 s after the renewal that succeeded last was sent."""
    limits: list[float] = []

    @asynccontextmanager
    async def timeout(seconds: float) -> AsyncIterator[None]:
        limits.append(seconds)
        yield

    first = holder(cluster, monotonic, "a", timeout=timeout)
    await first.acquire()
    sent, get = monotonic.at, cluster.get

    async def once_slow_then_away(*arguments: Any) -> Object:
        if monotonic.at < sent + 3:
            monotonic.at += 3.9
            return await get(*arguments)
        monotonic.at += limits[-1] if hangs else 0
        raise TimeoutError

    monkeypatch.setattr(cluster, "get", once_slow_then_away)
    with pytest.raises(LeaseLostError, match="could not be renewed"):
        await first.keep()
    renewed = sent + RENEW_SECONDS

    assert first.held is False
    assert monotonic.at == pytest.approx(renewed + GIVE_UP_SECONDS)
