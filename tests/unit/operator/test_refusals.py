"""Owners hear of refused webhooks by Events, in numbers and words of Penstock's own."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

import builders
from fake_cluster import FakeCluster
from operator_stand import Clock
from penstock_core.cluster import INSTANCES
from penstock_core.executions.states import Refusal
from penstock_core.store.flows import refusals
from penstock_core.store.flows.refusals import Refused
from penstock_operator.objects.reporter import Reporter
from penstock_operator.refusals import WORDS, Owners
from penstock_operator.watch.inventory import Inventory


class Counts(refusals.Refusals):
    """What is to be told, in rounds."""

    def __init__(self, *rounds: list[Refused]) -> None:
        self.rounds = list(rounds)

    async def add(self, counts: Mapping[tuple[str, Refusal], int]) -> None:
        """Nobody counts here."""

    async def take(self, *, limit: int, pause_s: float = 600.0, gather_s: float = 15.0) -> list[Refused]:
        return self.rounds.pop(0)[:limit]


def refused(count: int = 12, *, uid: str = "u1", cause: Refusal = Refusal.KEY_UNKNOWN) -> Refused:
    """So many of an instance."""
    since = datetime(2026, 3, 1, 11, 50, tzinfo=UTC)
    return Refused(namespace="acme", name="acme-orders", uid=uid, cause=cause, count=count, since=since)


@pytest.mark.parametrize(("count", "begin"), [(1, "1 webhook was refused"), (12, "12 webhooks were refused")])
async def test_an_owner_is_told_by_an_event(
    cluster: FakeCluster, inventory: Inventory, clock: Clock, count: int, begin: str
) -> None:
    """One Warning on the Instance has the number, since when, the cause and the remedy."""
    cluster.seed(INSTANCES, builders.instance())
    await Owners(Counts([refused(count)]), inventory, Reporter(cluster, inventory, clock=clock)).step()

    [(kind, reason, note)] = cluster.events
    assert (kind, reason) == ("Warning", "WebhooksRefused")
    assert note.startswith(f"{begin} since 2026-03-01T11:50:00Z: their key is none of this Instance's: compare it with")


async def test_a_namesake_is_told_nothing(cluster: FakeCluster, inventory: Inventory, clock: Clock) -> None:
    """What was counted for an Instance that is gone is not told to the one that has its name now."""
    cluster.seed(INSTANCES, builders.instance(uid="u2"))
    await Owners(Counts([refused(uid="u1")]), inventory, Reporter(cluster, inventory, clock=clock)).step()

    assert cluster.events == []


def test_each_cause_has_its_words() -> None:
    """A cause without a remedy would be told as nothing."""
    assert WORDS.keys() == set(Refusal)
