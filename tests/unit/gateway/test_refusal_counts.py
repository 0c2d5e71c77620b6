"""What the gateway counts of refused webhooks, for their owners."""

from collections.abc import Mapping

import pytest
from prometheus_client import CollectorRegistry

import builders
from penstock_core.errors import StoreUnavailable
from penstock_core.executions.states import Refusal
from penstock_gateway.flows import FlowTable
from penstock_gateway.metrics import Metrics
from penstock_gateway.webhooks import refusals
from penstock_gateway.webhooks.refusals import Refusals

Counts = Mapping[tuple[str, Refusal], int]
HOOK = {"methods": ["POST"], "security": "required", "url": "https://hooks.example/"}


class Store:
    """Remembers what was stored, or is away."""

    def __init__(self) -> None:
        self.stored: list[dict[tuple[str, Refusal], int]] = []
        self.away = False

    async def add(self, counts: Counts) -> None:
        if self.away:
            raise StoreUnavailable("away")
        self.stored.append(dict(counts))


@pytest.fixture
def flows() -> FlowTable:
    """One flow of one instance."""
    table = FlowTable()
    table.change(("acme", "acme-orders.hook"), builders.flow(webhook=HOOK))
    return table


@pytest.fixture
def store() -> Store:
    return Store()


async def test_refusals_are_stored_as_numbers(flows: FlowTable, store: Store) -> None:
    """A flow's own, and those of paths that name an instance and none of its flows; what leads nowhere is nobody's."""
    counted = Refusals(flows, Metrics(CollectorRegistry()), store=store.add)
    flow = flows.named("acme", "acme-orders", "hook")
    for _ in range(3):
        counted.note(Refusal.KEY_UNKNOWN, flow=flow, path="/hooks/acme/acme-orders/hook")
    for path in ("/hooks/acme/acme-orders/other", "/hooks/acme/nobody/hook", "/hooks/nowhere/x/y", "/hooks/acme/x"):
        counted.note(Refusal.NO_SUCH_FLOW, flow=None, path=path)
    await counted.flush()
    await counted.flush()

    assert store.stored == [{("u1", Refusal.KEY_UNKNOWN): 3, ("u1", Refusal.NO_SUCH_FLOW): 1}]


async def test_counts_outlast_a_database_that_is_away(flows: FlowTable, store: Store) -> None:
    """They wait in memory, a number a cause, and nobody's request waits for them."""
    counted = Refusals(flows, Metrics(CollectorRegistry()), store=store.add)
    store.away = True
    for _ in range(2):
        counted.note(Refusal.NO_SUCH_FLOW, flow=None, path="/hooks/acme/acme-orders/other")
        await counted.flush()
    store.away = False
    await counted.flush()

    assert store.stored == [{("u1", Refusal.NO_SUCH_FLOW): 2}]


async def test_counts_are_bounded(flows: FlowTable, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many instances are refused something, no more kinds are held than are told apart."""
    monkeypatch.setattr(refusals, "KINDS", 3)
    counted = Refusals(flows, Metrics(CollectorRegistry()), store=store.add)
    for number in range(10):
        metadata = {"name": f"i{number}.hook"}
        made = builders.flow(instance=f"i{number}", instanceUid=f"u{number}", uid=f"f{number}", webhook=HOOK)
        flows.change(("acme", f"i{number}.hook"), made | {"metadata": made["metadata"] | metadata})
        counted.note(Refusal.NO_CREDENTIAL, flow=flows.named("acme", f"i{number}", "hook"), path="")
    await counted.flush()

    assert len(store.stored[0]) == 3
