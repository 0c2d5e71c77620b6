"""The reflector against a scripted cluster: what it reports, and how it recovers."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from penstock_core.backoff import Backoff
from penstock_core.cluster import CONFIG_MAPS, Reflector
from penstock_core.cluster.client import Page
from penstock_core.cluster.kinds import FLOWS, JOBS, NAMESPACES
from penstock_core.cluster.reflector import PAUSE
from penstock_core.cluster.transport import failure
from penstock_core.errors import ClusterError, ClusterUnavailable, Conflict, NotFound

NO_PAUSE = Backoff(first=0.0, longest=0.0)


def item(name: str, version: int) -> dict[str, Any]:
    return {"metadata": {"namespace": "n", "name": name, "uid": name, "resourceVersion": str(version)}}


class Scripted:
    """Lists and watches in the order of a script; an exception in it is raised; at its end a watch waits."""

    def __init__(self, *script: Any) -> None:
        self.script = list(script)
        self.watched_from: list[str] = []
        self.at_end = asyncio.Event()

    async def pages(self, *_: Any, **__: Any) -> AsyncGenerator[Page, None]:
        step = self.script.pop(0)
        if isinstance(step, Exception):
            raise step
        page = Page(step)
        page.resource_version = "10"
        yield page

    async def watch(self, *_: Any, resource_version: str, **__: Any) -> AsyncGenerator[dict[str, Any], None]:
        self.watched_from.append(resource_version)
        if not self.script:
            self.at_end.set()
            await asyncio.Event().wait()
        for event in self.script.pop(0):
            if isinstance(event, Exception):
                raise event
            yield event


@asynccontextmanager
async def following(cluster: Scripted, **options: Any) -> AsyncIterator[tuple[Reflector, list[tuple[str, str | None]]]]:
    seen: list[tuple[str, str | None]] = []
    made = Reflector(
        cluster,  # type: ignore[arg-type]
        CONFIG_MAPS,
        pause=NO_PAUSE,
        on_change=lambda key, body: seen.append((key[1], body["metadata"]["resourceVersion"] if body else None)),
        **options,
    )
    task = asyncio.create_task(made.run())
    try:
        async with asyncio.timeout(5):
            await cluster.at_end.wait()
        yield made, seen
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_refusal_is_told_until_the_next_list() -> None:
    """A namespace that may not be read is told apart from a server that is away, until it may be read again."""
    seen: list[bool] = []

    class Watching(Scripted):
        async def pages(self, *words: Any, **more: Any) -> AsyncGenerator[Page, None]:
            seen.append(made.is_refused)
            async for page in super().pages(*words, **more):
                yield page

    watching = Watching(ClusterError("forbidden", status=403), ClusterUnavailable("away"), [])
    made = Reflector(watching, CONFIG_MAPS, pause=NO_PAUSE)  # type: ignore[arg-type]
    task = asyncio.create_task(made.run())
    async with asyncio.timeout(5):
        await watching.at_end.wait()
    task.cancel()

    assert seen == [False, True, False]
    assert not made.is_refused


async def test_list_then_events() -> None:
    """The first list and each event change the copy and are reported once."""
    events = [
        {"type": "MODIFIED", "object": item("a", 11)},
        {"type": "ADDED", "object": item("b", 12)},
        {"type": "DELETED", "object": item("a", 13)},
        {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": "20"}}},
    ]
    cluster = Scripted([item("a", 1)], events)
    async with following(cluster) as (made, seen):
        assert seen == [("a", "1"), ("a", "11"), ("b", "12"), ("a", None)]
        assert set(made.objects) == {("n", "b")}
        assert made.is_synced
        assert made.is_alive
        assert cluster.watched_from == ["10", "20"]


@pytest.mark.parametrize(
    "end", [ClusterUnavailable("reset"), {"type": "ERROR", "object": {"code": 410, "message": "too old"}}]
)
async def test_lists_again_after_a_broken_watch(end: Any) -> None:
    """What was missed is found out by the next list: changes, additions and removals, and nothing twice."""
    cluster = Scripted([item("a", 1), item("b", 2), item("c", 3)], [end], [item("a", 1), item("b", 5), item("d", 6)])
    async with following(cluster) as (made, seen):
        assert seen[3:] == [("c", None), ("b", "5"), ("d", "6")]
        assert set(made.objects) == {("n", "a"), ("n", "b"), ("n", "d")}


async def test_failing_list_is_tried_again() -> None:
    """An API server that is away at the start, or a CRD that is not there yet, is waited for."""
    cluster = Scripted(ClusterUnavailable("away"), NotFound("no such resource", status=404), [item("a", 1)])
    async with following(cluster) as (made, _):
        assert made.is_synced


async def test_survives_what_nobody_foresaw() -> None:
    """A list without its shape, or an event that is none, is an interruption like any other."""
    cluster = Scripted(KeyError("items"), [item("a", 1)], ["no event"], [item("a", 2)])
    async with following(cluster) as (made, seen):
        assert made.is_synced
        assert seen == [("a", "1"), ("a", "2")]


async def test_recreated_object_is_a_change() -> None:
    """An object with the same name and another uid is reported even if the version looks the same."""
    again = item("a", 1)
    again["metadata"]["uid"] = "other"
    async with following(Scripted([item("a", 1)], [ClusterUnavailable("reset")], [again])) as (_, seen):
        assert seen == [("a", "1"), ("a", "1")]


async def test_selectors_reach_list_and_watch() -> None:
    """Both requests carry label and field selector: RBAC may allow nothing else."""
    asked: list[tuple[str, str]] = []

    class Watching(Scripted):
        async def pages(
            self, *words: Any, labels: str = "", fields: str = "", **more: Any
        ) -> AsyncGenerator[Page, None]:
            asked.append((labels, fields))
            async for page in super().pages(*words, **more):
                yield page

        async def watch(
            self, *words: Any, labels: str = "", fields: str = "", **more: Any
        ) -> AsyncGenerator[dict[str, Any], None]:
            asked.append((labels, fields))
            async for event in super().watch(*words, **more):
                yield event

    cluster = Watching([])
    made = Reflector(cluster, CONFIG_MAPS, labels="a=b", fields="metadata.name=c")  # type: ignore[arg-type]
    task = asyncio.create_task(made.run())
    async with asyncio.timeout(5):
        await cluster.at_end.wait()
    task.cancel()

    assert asked == [("a=b", "metadata.name=c")] * 2
    assert made.is_synced, "an object that is not there yet is no reason to wait"


async def test_before_the_first_list_nothing_is_alive() -> None:
    """A copy that never was is not to be trusted."""
    made = Reflector(Scripted(), FLOWS)  # type: ignore[arg-type]

    assert not made.is_synced
    assert not made.is_alive


def event(kind: str, name: str, version: int, *, namespace: str = "n") -> dict[str, Any]:
    """A watch event about an object."""
    found = item(name, version)
    return {"type": kind, "object": {"metadata": {**found["metadata"], "namespace": namespace}}}


async def test_what_parses_to_none_is_not_kept() -> None:
    """An object that is none of ours leaves nothing behind, also where it became so."""
    cluster = Scripted([item("ours", 1), item("not", 2)], [event("MODIFIED", "ours", 11), event("ADDED", "more", 12)])
    kept = {"1", "12"}
    options = {"parse": lambda raw: raw if raw["metadata"]["resourceVersion"] in kept else None}
    async with following(cluster, **options) as (made, seen):
        assert list(made.objects) == [("n", "more")]

    assert seen == [("ours", "1"), ("ours", None), ("more", "12")]


async def test_one_namespace_takes_no_more_than_its_room() -> None:
    """Beyond the most, objects of a full namespace are passed over until one goes; other namespaces notice nothing."""
    events = [
        event("ADDED", "c", 11),
        event("ADDED", "d", 12, namespace="other"),
        event("MODIFIED", "a", 13),
        event("DELETED", "b", 14),
        event("ADDED", "e", 15),
    ]
    cluster = Scripted([item("a", 1), item("b", 2), item("x", 3)], events)
    async with following(cluster, most=2) as (made, _):
        assert list(made.objects) == [("n", "a"), ("other", "d"), ("n", "e")]
        assert made.objects["n", "a"]["metadata"]["resourceVersion"] == "13"


@pytest.mark.parametrize("chance", [0.0, 1.0])
def test_pauses_grow_and_end(chance: float) -> None:
    """The pause doubles, stays within 15 s, and is never nothing."""
    pauses = [PAUSE.delay(failures, chance=chance) for failures in range(1, 41)]

    assert all(0.1 < pause <= 15 for pause in pauses)
    assert pauses[-1] > 7


@pytest.mark.parametrize(
    ("kind", "arguments", "path"),
    [
        (FLOWS, (), "/apis/penstock.dev/v1alpha1/flows"),
        (JOBS, ("acme", "pex-1"), "/apis/batch/v1/namespaces/acme/jobs/pex-1"),
        (FLOWS, ("acme", "a.b", "status"), "/apis/penstock.dev/v1alpha1/namespaces/acme/flows/a.b/status"),
        (CONFIG_MAPS, ("acme",), "/api/v1/namespaces/acme/configmaps"),
        (NAMESPACES, (None, "acme"), "/api/v1/namespaces/acme"),
        (NAMESPACES, ("ignored", "acme"), "/api/v1/namespaces/acme"),
        (CONFIG_MAPS, ("acme", "../secrets"), "/api/v1/namespaces/acme/configmaps/..%2Fsecrets"),
    ],
)
def test_paths(kind: Any, arguments: tuple[Any, ...], path: str) -> None:
    """Paths are made as the API has them, and a name cannot leave its place."""
    assert kind.path(*arguments) == path


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (404, NotFound),
        (409, Conflict),
        (429, ClusterUnavailable),
        (503, ClusterUnavailable),
        (403, ClusterError),
        (422, ClusterError),
    ],
)
def test_failures_are_translated(status: int, kind: type[ClusterError]) -> None:
    """The status chooses the error, the API's own message is kept."""
    error = failure(status, b'{"kind": "Status", "message": "the reason"}')

    assert type(error) is kind
    assert (str(error), error.status) == ("the reason", status)


def test_failure_without_a_status_object() -> None:
    """A proxy's page is quoted, an empty answer named."""
    assert str(failure(502, b"bad gateway")) == "bad gateway"
    assert "500" in str(failure(500, b""))
