"""What is to be deployed of an Instance: the specs of its Flows."""

from observed_objects import URL, flows_of, instance
from penstock_core.observed.flow import Flow
from penstock_operator.instances.plan import kept


def test_a_plan_holds_all_that_a_start_needs() -> None:
    """A webhook's Flow carries its URL, limit, deduplication, time limit in whole seconds and connections."""
    spec = flows_of(instance())["importOrder"]

    assert spec["webhook"] == {
        "methods": ["POST"],
        "security": "required",
        "url": f"{URL}/hooks/acme/acme-orders/importOrder",
    }
    assert spec["concurrency"] == {"limit": 20, "whenFull": "reject"}
    assert spec["deduplicateBy"] == {
        "value": "${trigger.body.id}",
        "windowSeconds": 7200,
        "afterFailure": "again",
    }
    assert spec["timeoutSeconds"] == 2
    assert [one["name"] for one in spec["connections"]] == ["erp"]
    assert spec["definition"]["timeoutMs"] == 1500


def test_overrides_win_over_the_integration() -> None:
    """An Instance's own schedule, limit, resources and pause are what is deployed."""
    flows = flows_of(
        instance(
            flows={
                "importOrder": {"concurrency": {"limit": 5}, "resources": {"limits": {"memory": "1Gi"}}},
                "poll": {"schedule": {"cron": "5 5 * * *", "timeZone": "Asia/Tokyo"}, "paused": True},
            }
        )
    )

    assert flows["importOrder"]["concurrency"] == {"limit": 5, "whenFull": "reject"}
    assert flows["importOrder"]["resources"] == {"limits": {"memory": "1Gi"}}
    assert flows["poll"]["schedule"]["cron"] == "5 5 * * *"
    assert flows["poll"]["schedule"]["timeZone"] == "Asia/Tokyo"
    assert [flows[name]["paused"] for name in ("importOrder", "poll")] == [False, True]


def test_pausing_does_not_change_the_definition() -> None:
    """The definition's hash stays while an Instance is paused, so that nothing is stored again."""
    running, paused = flows_of(instance()), flows_of(instance(paused=True))

    assert [spec["paused"] for spec in paused.values()] == [True, True]
    assert [spec["definitionHash"] for spec in paused.values()] == [spec["definitionHash"] for spec in running.values()]


def test_what_stays_deployed_can_still_be_paused() -> None:
    """An Instance whose configuration broke keeps its Flows, and pausing still reaches them."""
    flows = [Flow.parse({"spec": spec}) for spec in flows_of(instance()).values()]
    found = kept(instance(paused=True, whenPaused="queue"), flows)

    assert found is not None
    assert found.version == "1.4.0"
    assert {(one.paused, one.spec["paused"], one.spec["whenPaused"]) for one in found.flows.values()} == {
        (True, True, "queue")
    }
    assert kept(instance(), []) is None
