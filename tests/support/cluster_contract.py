"""What operator and gateway rely on from a cluster, once for the API server in memory and for a real one.

A test module makes a class of `ClusterContract` and gives it two fixtures: `api`, a client, and `namespace`, the name of
a namespace for one test. Kinds are chosen so that no controller of a real cluster writes what a test looks at.
"""

import asyncio
from contextlib import aclosing
from typing import Any, Final

import pytest

import timeouts
from penstock_core import names
from penstock_core.cluster import (
    CONFIG_MAPS,
    CONFIG_MAPS_SEEN,
    CRON_JOBS,
    EVENTS,
    INTEGRATIONS,
    LEASES,
    SECRETS,
    Caller,
    Cluster,
    Kind,
    Object,
)
from penstock_core.errors import Conflict, NotFound

FINALIZER: Final = "penstock.dev/contract"
NOON: Final = "2026-03-01T12:00:00Z"


def config_map(name: str = "plain", *, data: dict[str, str] | None = None, **metadata: Any) -> Object:
    """A ConfigMap; `metadata` joins its name."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, **metadata}, "data": data or {"a": "1"}}


def cron_job(name: str = "resting", **members: Any) -> Object:
    """A CronJob that never runs; `members` join its spec."""
    container = {"name": "c", "image": "none.invalid/none"}
    template = {"spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [container]}}}}
    spec = {"schedule": "0 0 1 1 *", "suspend": True, "jobTemplate": template, **members}
    return {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": name}, "spec": spec}


def version(item: Object) -> str:
    """The resource version of an object."""
    return str(item["metadata"]["resourceVersion"])


async def watched(
    cluster: Cluster, kind: Kind, namespace: str | None, *, since: str, count: int, labels: str = "", fields: str = ""
) -> list[tuple[str, str]]:
    """The first `count` events since a version: type and name; bookmarks do not count."""
    seen: list[tuple[str, str]] = []
    events = cluster.watch(kind, namespace, resource_version=since, labels=labels, fields=fields)
    async with asyncio.timeout(timeouts.SEEN):
        async for event in events:
            if event["type"] != "BOOKMARK":
                seen.append((event["type"], event["object"]["metadata"]["name"]))
            if len(seen) == count:
                break
    await events.aclose()
    return seen


class ClusterContract:
    """The promises; each test has the namespace to itself."""

    async def test_what_is_absent_is_not_found(self, api: Cluster, namespace: str) -> None:
        """Reading, patching and replacing what is not there raise NotFound with the status 404."""
        with pytest.raises(NotFound) as read:
            await api.get(CONFIG_MAPS, namespace, "absent")
        with pytest.raises(NotFound):
            await api.patch(CONFIG_MAPS, namespace, "absent", {"data": {"a": "2"}})
        with pytest.raises(NotFound):
            await api.replace(CONFIG_MAPS, namespace, config_map("absent"))

        assert read.value.status == 404

    async def test_what_was_created_can_be_read(self, api: Cluster, namespace: str) -> None:
        """The server adds namespace, uid, version and time, and gives the same object again."""
        made = await api.create(CONFIG_MAPS, namespace, config_map())

        assert made["data"] == {"a": "1"}
        assert made["metadata"]["namespace"] == namespace
        assert all(made["metadata"][member] for member in ("uid", "resourceVersion", "creationTimestamp"))
        assert await api.get(CONFIG_MAPS, namespace, "plain") == made

    async def test_a_name_is_given_once(self, api: Cluster, namespace: str) -> None:
        """Creating what exists is a Conflict and changes nothing."""
        made = await api.create(CONFIG_MAPS, namespace, config_map())
        with pytest.raises(Conflict) as refused:
            await api.create(CONFIG_MAPS, namespace, config_map(data={"a": "2"}))

        assert refused.value.status == 409
        assert await api.get(CONFIG_MAPS, namespace, "plain") == made

    async def test_lists_hold_what_is_selected(self, api: Cluster, namespace: str) -> None:
        """Labels and the name select, in one namespace or in all."""
        for name, team in (("one", namespace), ("two", namespace), ("three", "other")):
            await api.create(CONFIG_MAPS, namespace, config_map(name, labels={"team": team, "size": name}))

        async def listed(where: str | None = namespace, **selectors: str) -> set[str]:
            return {item["metadata"]["name"] for item in await api.list(CONFIG_MAPS, where, **selectors)}

        assert {"one", "two", "three"} <= await listed()
        assert await listed(labels=f"team={namespace}") == {"one", "two"}
        assert await listed(labels=f"team={namespace},size=two") == {"two"}
        assert await listed(fields="metadata.name=three") == {"three"}
        assert await listed(None, labels=f"team={namespace}") == {"one", "two"}

    async def test_a_patch_changes_what_it_names(self, api: Cluster, namespace: str) -> None:
        """Members are merged, null removes one, and what is not named stays."""
        await api.create(CONFIG_MAPS, namespace, config_map(data={"a": "1", "b": "2"}, labels={"team": "x"}))
        await api.patch(CONFIG_MAPS, namespace, "plain", {"data": {"a": None, "c": "3"}})
        found = await api.get(CONFIG_MAPS, namespace, "plain")

        assert found["data"] == {"b": "2", "c": "3"}
        assert found["metadata"]["labels"] == {"team": "x"}

    async def test_what_changes_nothing_is_no_new_version(self, api: Cluster, namespace: str) -> None:
        """A patch and an apply that find all as they want it leave the version alone."""
        made = await api.apply(CONFIG_MAPS, namespace, config_map())
        patched = await api.patch(CONFIG_MAPS, namespace, "plain", {"data": {"a": "1"}})
        applied = await api.apply(CONFIG_MAPS, namespace, config_map())

        assert [version(patched), version(applied)] == [version(made)] * 2

    async def test_a_version_that_is_old_is_refused(self, api: Cluster, namespace: str) -> None:
        """A patch or a replacement that names the version it read conflicts with whoever wrote in between."""
        old = await api.create(CONFIG_MAPS, namespace, config_map())
        new = await api.patch(CONFIG_MAPS, namespace, "plain", {"data": {"a": "2"}})
        with pytest.raises(Conflict):
            await api.replace(CONFIG_MAPS, namespace, {**old, "data": {"a": "3"}})
        with pytest.raises(Conflict):
            stale = {"metadata": {"resourceVersion": version(old)}, "data": {"a": "3"}}
            await api.patch(CONFIG_MAPS, namespace, "plain", stale)
        fresh = {"metadata": {"resourceVersion": version(new)}, "data": {"a": "4"}}
        patched = await api.patch(CONFIG_MAPS, namespace, "plain", fresh)

        assert patched["data"] == {"a": "4"}

    async def test_a_replacement_leaves_nothing_of_the_content_before(self, api: Cluster, namespace: str) -> None:
        """What the new object lacks is gone; uid and time of creation stay."""
        made = await api.create(CONFIG_MAPS, namespace, config_map(data={"a": "1"}, labels={"team": "x"}))
        replaced = await api.replace(CONFIG_MAPS, namespace, config_map(data={"b": "2"}))

        assert replaced["data"] == {"b": "2"}
        assert "labels" not in replaced["metadata"]
        for member in ("uid", "creationTimestamp"):
            assert replaced["metadata"][member] == made["metadata"][member]

    async def test_what_is_applied_no_more_goes_and_what_others_set_stays(self, api: Cluster, namespace: str) -> None:
        """An applier owns what it applies, member by member."""
        await api.apply(CONFIG_MAPS, namespace, config_map(data={"a": "1", "b": "2"}))
        await api.patch(CONFIG_MAPS, namespace, "plain", {"data": {"c": "3"}})
        applied = await api.apply(CONFIG_MAPS, namespace, config_map(data={"a": "1"}))

        assert applied["data"] == {"a": "1", "c": "3"}

    async def test_what_others_set_is_taken_by_force_alone(self, api: Cluster, namespace: str) -> None:
        """Another value under an applier's name is a Conflict, or with force the applier's."""
        await api.create(CONFIG_MAPS, namespace, config_map(data={"a": "theirs"}))
        with pytest.raises(Conflict):
            await api.apply(CONFIG_MAPS, namespace, config_map(data={"a": "ours"}), force=False)
        applied = await api.apply(CONFIG_MAPS, namespace, config_map(data={"a": "ours"}))

        assert applied["data"] == {"a": "ours"}

    async def test_status_has_a_path_of_its_own(self, api: Cluster, namespace: str) -> None:
        """Who writes an object does not write its status, and who writes the status nothing else."""
        made = await api.create(CRON_JOBS, namespace, cron_job() | {"status": {"lastScheduleTime": NOON}})
        told = await api.patch_status(CRON_JOBS, namespace, "resting", {"lastScheduleTime": NOON})
        later = {"status": {"lastScheduleTime": None}, "spec": {"schedule": "0 0 2 2 *"}}
        patched = await api.patch(CRON_JOBS, namespace, "resting", later)

        assert made.get("status", {}) == {}
        assert told["status"]["lastScheduleTime"] == patched["status"]["lastScheduleTime"] == NOON
        assert told["spec"]["schedule"] == "0 0 1 1 *"
        assert patched["spec"]["schedule"] == "0 0 2 2 *"

    async def test_the_generation_counts_changes_of_the_spec(self, api: Cluster, namespace: str) -> None:
        """Labels and status do not count, for a kind of Kubernetes as for one of Penstock."""
        made = await api.create(CRON_JOBS, namespace, cron_job())
        labelled = await api.patch(CRON_JOBS, namespace, "resting", {"metadata": {"labels": {"a": "b"}}})
        told = await api.patch_status(CRON_JOBS, namespace, "resting", {"lastScheduleTime": NOON})
        changed = await api.patch(CRON_JOBS, namespace, "resting", {"spec": {"schedule": "0 0 2 2 *"}})

        assert [one["metadata"]["generation"] for one in (made, labelled, told, changed)] == [1, 1, 1, 2]

    async def test_penstocks_kinds_are_kept_like_any_other(self, api: Cluster, namespace: str) -> None:
        """Created, selected, changed and deleted, with a generation that counts the spec."""
        flow = {"name": "a", "trigger": {"webhook": {}}, "steps": [{"name": "one", "set": {"value": 1}}]}
        body = {
            "apiVersion": names.API_VERSION,
            "kind": "Integration",
            "metadata": {"name": "contract", "labels": {"team": namespace}},
            "spec": {"version": "1.0.0", "flows": [flow]},
        }
        made = await api.create(INTEGRATIONS, namespace, body)
        changed = await api.patch(INTEGRATIONS, namespace, "contract", {"spec": {"description": "another"}})
        found = await api.list(INTEGRATIONS, labels=f"team={namespace}")
        await api.delete(INTEGRATIONS, namespace, "contract")

        assert [one["metadata"]["generation"] for one in (made, changed)] == [1, 2]
        assert [item["metadata"]["uid"] for item in found] == [made["metadata"]["uid"]]

    async def test_what_is_deleted_is_gone_and_may_be_deleted_again(self, api: Cluster, namespace: str) -> None:
        """Deleting what is absent succeeds."""
        await api.create(SECRETS, namespace, {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "gone"}})
        for _ in range(2):
            await api.delete(SECRETS, namespace, "gone")

        with pytest.raises(NotFound):
            await api.get(SECRETS, namespace, "gone")

    async def test_what_is_deleted_by_its_uid_is_no_other_of_its_name(self, api: Cluster, namespace: str) -> None:
        """A deletion that names a uid passes over an object that has the name by now."""
        first = await api.create(CONFIG_MAPS, namespace, config_map())
        await api.delete(CONFIG_MAPS, namespace, "plain", uid=first["metadata"]["uid"])
        second = await api.create(CONFIG_MAPS, namespace, config_map())
        await api.delete(CONFIG_MAPS, namespace, "plain", uid=first["metadata"]["uid"])

        assert (await api.get(CONFIG_MAPS, namespace, "plain"))["metadata"]["uid"] == second["metadata"]["uid"]

    async def test_a_finalizer_holds_what_is_deleted(self, api: Cluster, namespace: str) -> None:
        """A deleted object stays, marked once, until its last finalizer is taken off."""
        await api.create(CONFIG_MAPS, namespace, config_map(finalizers=[FINALIZER, "penstock.dev/other"]))
        await api.delete(CONFIG_MAPS, namespace, "plain")
        marked = await api.get(CONFIG_MAPS, namespace, "plain")
        await api.delete(CONFIG_MAPS, namespace, "plain")
        again = await api.get(CONFIG_MAPS, namespace, "plain")
        held = await api.patch(CONFIG_MAPS, namespace, "plain", {"metadata": {"finalizers": [FINALIZER]}})
        await api.patch(CONFIG_MAPS, namespace, "plain", {"metadata": {"finalizers": []}})

        assert marked["metadata"]["deletionTimestamp"] == again["metadata"]["deletionTimestamp"]
        assert held["metadata"]["finalizers"] == [FINALIZER]
        with pytest.raises(NotFound):
            await api.get(CONFIG_MAPS, namespace, "plain")

    async def test_a_watch_goes_on_from_a_list(self, api: Cluster, namespace: str) -> None:
        """Everything since the list's version comes, in order, whenever the watch begins."""
        await api.create(CONFIG_MAPS, namespace, config_map("before", labels={"team": namespace}))
        listing = await api.listing(CONFIG_MAPS, namespace, labels=f"team={namespace}")
        await api.create(CONFIG_MAPS, namespace, config_map("after", labels={"team": namespace}))
        await api.patch(CONFIG_MAPS, namespace, "before", {"data": {"a": "2"}})
        await api.delete(CONFIG_MAPS, namespace, "before")
        seen = await watched(
            api, CONFIG_MAPS, namespace, since=listing.resource_version, count=3, labels=f"team={namespace}"
        )

        assert seen == [("ADDED", "after"), ("MODIFIED", "before"), ("DELETED", "before")]

    async def test_metadata_alone_is_had_without_the_rest(self, api: Cluster, namespace: str) -> None:
        """A kind of which only the metadata is asked for shows names, uids and versions, and no data, listed, watched and read."""
        made = await api.create(CONFIG_MAPS, namespace, config_map("before", labels={"team": namespace}))
        listing = await api.listing(CONFIG_MAPS_SEEN, namespace, labels=f"team={namespace}")
        changed = await api.patch(CONFIG_MAPS, namespace, "before", {"data": {"a": "2"}})
        events = api.watch(
            CONFIG_MAPS_SEEN,
            namespace,
            resource_version=listing.resource_version,
            labels=f"team={namespace}",
            seconds=5,
        )
        async with aclosing(events):
            event = await anext(event async for event in events if event["type"] != "BOOKMARK")
        read = await api.get(CONFIG_MAPS_SEEN, namespace, "before")

        assert [(item["kind"], version(item)) for item in listing.items] == [("PartialObjectMetadata", version(made))]
        assert (event["type"], version(event["object"])) == ("MODIFIED", version(changed))
        assert version(read) == version(changed)
        assert [item for item in (*listing.items, event["object"], read) if "data" in item] == []

    async def test_a_watch_hears_what_happens_while_it_runs(self, api: Cluster, namespace: str) -> None:
        """A change comes to a watch that waits for it, and one of another name does not."""
        listing = await api.listing(SECRETS, namespace, fields="metadata.name=mine")
        waiting = asyncio.create_task(
            watched(api, SECRETS, namespace, since=listing.resource_version, count=1, fields="metadata.name=mine")
        )
        for name in ("theirs", "mine"):
            await api.create(SECRETS, namespace, {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}})

        assert await waiting == [("ADDED", "mine")]

    async def test_what_is_selected_no_longer_is_gone_for_a_watch(self, api: Cluster, namespace: str) -> None:
        """An object that loses its label is as deleted as one that goes, and comes back as a new one."""
        await api.create(CONFIG_MAPS, namespace, config_map(labels={"team": namespace}))
        listing = await api.listing(CONFIG_MAPS, namespace, labels=f"team={namespace}")
        for team in ("other", namespace):
            await api.patch(CONFIG_MAPS, namespace, "plain", {"metadata": {"labels": {"team": team}}})
        seen = await watched(
            api, CONFIG_MAPS, namespace, since=listing.resource_version, count=2, labels=f"team={namespace}"
        )

        assert seen == [("DELETED", "plain"), ("ADDED", "plain")]

    async def test_of_two_that_take_a_lease_one_gets_it(self, api: Cluster, namespace: str) -> None:
        """Who read the same version loses to who wrote first."""
        body = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "one"}, "spec": {}}
        made = await api.create(LEASES, namespace, body)

        async def take(holder: str) -> bool:
            wanted = {"metadata": {"resourceVersion": version(made)}, "spec": {"holderIdentity": holder}}
            try:
                await api.patch(LEASES, namespace, "one", wanted)
            except Conflict:
                return False
            return True

        taken = {holder: await take(holder) for holder in ("a", "b")}

        assert taken == {"a": True, "b": False}
        assert (await api.get(LEASES, namespace, "one"))["spec"]["holderIdentity"] == "a"

    async def test_an_event_stands_beside_its_object(self, api: Cluster, namespace: str) -> None:
        """Type, reason and note are what was said; a long note is cut."""
        about = await api.create(CONFIG_MAPS, namespace, config_map())
        await api.event(about, type="Warning", reason="Contract", message="x" * 2000)
        [event] = [item for item in await api.list(EVENTS, namespace) if item["reason"] == "Contract"]

        assert (event["type"], event["regarding"]["name"]) == ("Warning", "plain")
        assert event["regarding"]["uid"] == about["metadata"]["uid"]
        assert event["note"].endswith("…")

    async def test_strangers_are_nobody_and_may_do_nothing(self, api: Cluster, namespace: str) -> None:
        """A token that the server did not give belongs to nobody, and a user without a role has no right."""
        stranger = Caller(user=f"stranger-of-{namespace}")

        assert await api.review_token("not-a-token") is None
        assert not await api.review_access(stranger, namespace=namespace, verb="list", resource="executions")
