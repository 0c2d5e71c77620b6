"""Which Flow a request finds."""

from typing import Any

import pytest

from gateway_stand import INSTANCE, TENANT, flow
from penstock_gateway.flows import FlowTable, serve

KEY = (TENANT, f"{INSTANCE}.importorder")


def table(*manifests: dict[str, Any]) -> FlowTable:
    made = FlowTable()
    for manifest in manifests:
        made.change((manifest["metadata"]["namespace"], manifest["metadata"]["name"]), manifest)
    return made


def test_names_are_exact() -> None:
    """Neither case nor a part of a name finds a flow."""
    made = table(flow())

    assert made.named(TENANT, INSTANCE, "importOrder") is not None
    assert made.named(TENANT, INSTANCE, "importorder") is None
    assert made.named(TENANT, INSTANCE.upper(), "importOrder") is None


def test_change_replaces_and_removal_forgets() -> None:
    """The last word of the API server counts, by name and by uid."""
    made = table(flow(), flow(paused=True))
    served = made.named(TENANT, INSTANCE, "importOrder")
    assert served is not None
    assert served.paused
    assert made.of_uid(served.identity.flow_uid) is served

    made.change(KEY, None)

    assert made.named(TENANT, INSTANCE, "importOrder") is None
    assert made.of_uid(served.identity.flow_uid) is None
    assert len(made) == 0


def test_flow_that_is_being_deleted_is_gone() -> None:
    """A deletion time stamp is enough."""
    manifest = flow()
    manifest["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"

    assert len(table(flow(), manifest)) == 0


@pytest.mark.parametrize(
    "broken",
    [
        {"webhook": 7},
        {"deduplicateBy": {"value": "${trigger.body.x + 1}"}},
        {"integration": None},
        {"concurrency": "many"},
    ],
)
def test_flow_that_cannot_be_served_is_left_out(broken: dict[str, Any]) -> None:
    """One bad Flow is logged and does not hurt the others."""
    made = table(flow("broken", **broken), flow())

    assert made.named(TENANT, INSTANCE, "broken") is None
    assert made.named(TENANT, INSTANCE, "importOrder") is not None


@pytest.mark.parametrize(
    ("said", "again"),
    [({"afterFailure": "again"}, True), ({"afterFailure": "repeat"}, False), ({}, False), ({"afterFailure": 7}, False)],
)
def test_a_value_starts_again_only_where_the_flow_says_so(said: dict[str, Any], again: bool) -> None:
    """A Flow that does not say was written by the release before, which answered with the first execution."""
    served = serve(flow(deduplicateBy={"value": "${trigger.body.id}", "windowSeconds": 60, **said}))

    assert served.deduplication is not None
    assert served.deduplication.again is again


def test_namespaces_are_those_with_flows() -> None:
    """A namespace appears with its first flow and goes with its last."""
    made = table(flow(), flow(namespace="other"))
    assert made.namespaces() == {TENANT, "other"}

    made.change(KEY, None)

    assert made.namespaces() == {"other"}
