"""The transport against a small API server: streams of any shape, credentials, and answers that are late or strange."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web
from kubernetes.aio.client.configuration import Configuration
from kubernetes.aio.config import ConfigException

from penstock_core.cluster import CONFIG_MAPS, CONFIG_MAPS_SEEN, DEPLOYMENTS, Caller, Cluster, client
from penstock_core.cluster.transport import Request, Transport
from penstock_core.errors import AnswerTooLarge, ClusterError, ClusterUnavailable, NotFound

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Api:
    """A server whose answer the test chooses; keeps what was asked."""

    def __init__(self) -> None:
        self.answer: Handler | None = None
        self.requests: list[web.Request] = []
        self.bodies: list[bytes] = []
        self.over = asyncio.Event()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request)
        self.bodies.append(await request.read())
        assert self.answer is not None
        return await self.answer(request)


@pytest.fixture
async def api() -> AsyncIterator[tuple[Api, Transport]]:
    made = Api()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", made.handle)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    configuration = Configuration(host=f"http://127.0.0.1:{runner.addresses[0][1]}")
    configuration.api_key["BearerToken"] = "bearer t1"
    transport = Transport(configuration)
    yield made, transport
    made.over.set()
    await transport.close()
    await runner.cleanup()


def says(value: object, status: int = 200) -> Handler:
    async def answer(_: web.Request) -> web.Response:
        return web.json_response(value, status=status)

    return answer


def streams(*chunks: bytes) -> Handler:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for chunk in chunks:
            await response.write(chunk)
        return response

    return answer


async def test_lines_of_any_length_and_cut(api: tuple[Api, Transport]) -> None:
    """Events are found whatever the chunks; one of several MiB is no problem."""
    server, transport = api
    large = json.dumps({"text": "x" * 5_000_000}).encode()
    server.answer = streams(b'{"a"', b': 1}\n{"b": 2}\n', b"\n", large[:1000], large[1000:] + b"\n")

    found = [line async for line in transport.lines(Request(method="GET", path="/x"), idle_seconds=5)]

    assert found[:2] == [{"a": 1}, {"b": 2}]
    assert len(found[2]["text"]) == 5_000_000


async def test_silent_stream_is_broken(api: tuple[Api, Transport]) -> None:
    """A watch that says nothing for too long is given up: its connection may be dead."""
    server, transport = api

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await server.over.wait()
        return response

    server.answer = answer
    with pytest.raises(ClusterUnavailable, match="no answer"):
        async for _ in transport.lines(Request(method="GET", path="/x"), idle_seconds=0.05):
            pass


async def test_late_answer_is_unavailable(api: tuple[Api, Transport]) -> None:
    """Every request has an end."""
    server, transport = api

    async def answer(_: web.Request) -> web.Response:
        await server.over.wait()
        return web.Response()

    server.answer = answer
    with pytest.raises(ClusterUnavailable):
        await transport.send(Request(method="GET", path="/x", timeout=0.05))


async def test_answer_that_is_not_json_is_unavailable(api: tuple[Api, Transport]) -> None:
    """A proxy's page with status 200 is not the API's answer."""
    server, transport = api

    async def answer(_: web.Request) -> web.Response:
        return web.Response(text="<html>", content_type="text/html")

    server.answer = answer
    with pytest.raises(ClusterUnavailable, match="GET /x"):
        await transport.send(Request(method="GET", path="/x"))


async def test_empty_token_file_is_unavailable(api: tuple[Api, Transport], monkeypatch: pytest.MonkeyPatch) -> None:
    """While the token's file is being written neither a request nor a watch can be made; later they can."""
    _, transport = api

    def refresh(_: Configuration) -> None:
        raise ConfigException("Token file exists but empty.")

    monkeypatch.setattr(transport._configuration, "refresh_api_key_hook", refresh)
    with pytest.raises(ClusterUnavailable, match="Token file"):
        await transport.send(Request(method="GET", path="/x"))
    with pytest.raises(ClusterUnavailable, match="Token file"):
        await anext(transport.lines(Request(method="GET", path="/x"), idle_seconds=5))


async def test_nobody_listens() -> None:
    """A server that is away is unavailable, with the request in the message."""
    transport = Transport(Configuration(host="http://127.0.0.1:9"))
    with pytest.raises(ClusterUnavailable, match="GET /x"):
        await transport.send(Request(method="GET", path="/x"))
    await transport.close()


async def test_credentials_are_asked_for_each_time(api: tuple[Api, Transport]) -> None:
    """A token that was renewed is used from the next request on."""
    server, transport = api
    server.answer = says({})
    await transport.send(Request(method="GET", path="/x"))
    transport._configuration.api_key["BearerToken"] = "bearer t2"
    await transport.send(Request(method="GET", path="/x"))

    assert [request.headers["authorization"] for request in server.requests] == ["bearer t1", "bearer t2"]


async def test_list_follows_pages_and_completes_items(api: tuple[Api, Transport]) -> None:
    """All pages are read, and items know their kind as those of a watch do."""
    server, transport = api

    async def answer(request: web.Request) -> web.Response:
        last = "continue" in request.query
        return web.json_response(
            {
                "apiVersion": "v1",
                "kind": "ConfigMapList",
                "metadata": {"resourceVersion": "9"} | ({} if last else {"continue": "next"}),
                "items": [{"metadata": {"name": "b" if last else "a"}}],
            }
        )

    server.answer = answer
    found = await Cluster(transport).listing(CONFIG_MAPS, "n", labels="x=y")

    assert [item["metadata"]["name"] for item in found.items] == ["a", "b"]
    assert {(item["apiVersion"], item["kind"]) for item in found.items} == {("v1", "ConfigMap")}
    assert {request.query["labelSelector"] for request in server.requests} == {"x=y"}


async def test_metadata_alone_is_asked_for_by_its_form(api: tuple[Api, Transport]) -> None:
    """A list names the form of a list, all else that of one object; other kinds come whole."""
    server, transport = api
    cluster = Cluster(transport)
    server.answer = says({"apiVersion": "v1", "kind": "ConfigMapList", "metadata": {}, "items": []})
    await cluster.listing(CONFIG_MAPS_SEEN, "n")
    await cluster.get(CONFIG_MAPS_SEEN, "n", "a")
    [event async for event in cluster.watch(CONFIG_MAPS_SEEN, "n", resource_version="1")]
    await cluster.listing(CONFIG_MAPS, "n")

    one = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"
    whole = [one.replace("Metadata;", "MetadataList;"), one, one, "application/json"]
    assert [request.headers["Accept"] for request in server.requests] == whole


async def test_large_objects_come_in_smaller_pages(api: tuple[Api, Transport], monkeypatch: pytest.MonkeyPatch) -> None:
    """However large objects are made in a namespace, a list never holds more than so many bytes of them at a time."""
    monkeypatch.setattr(client, "_PAGE_BYTES", 100_000)
    server, transport = api
    left = [{"metadata": {"name": str(number)}, "data": {"a": "x" * 10_000}} for number in range(12)]

    async def answer(request: web.Request) -> web.Response:
        first = int(request.query.get("continue", "0"))
        following = first + int(request.query["limit"])
        metadata = {"resourceVersion": "9"} | ({"continue": str(following)} if following < len(left) else {})
        kind = {"apiVersion": "v1", "kind": "ConfigMapList"}
        return web.json_response(kind | {"metadata": metadata, "items": left[first:following]})

    server.answer = answer
    found = await Cluster(transport).listing(CONFIG_MAPS, "n")

    assert [item["metadata"]["name"] for item in found.items] == [str(number) for number in range(12)]
    assert [request.query["limit"] for request in server.requests] == ["250", "62", "15", "3", "3", "3", "3"]


async def test_an_object_larger_than_a_page_is_refused(
    api: tuple[Api, Transport], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list ends, also where it cannot get smaller."""
    monkeypatch.setattr(client, "_PAGE_BYTES", 10)
    server, transport = api
    server.answer = says({"kind": "ConfigMapList"})

    with pytest.raises(AnswerTooLarge):
        await Cluster(transport).listing(CONFIG_MAPS, "n")


async def test_deleting_what_is_gone_succeeds(api: tuple[Api, Transport]) -> None:
    """NotFound is success for delete, and an error for get."""
    server, transport = api
    server.answer = says({"kind": "Status", "message": "not found"}, 404)
    cluster = Cluster(transport)

    await cluster.delete(CONFIG_MAPS, "n", "x")
    with pytest.raises(NotFound, match="not found"):
        await cluster.get(CONFIG_MAPS, "n", "x")


async def test_scaling_asks_for_the_subresource_alone(api: tuple[Api, Transport]) -> None:
    """A program that may scale a Deployment need not be allowed to change it."""
    server, transport = api
    server.answer = says({"kind": "Scale"})
    await Cluster(transport).scale(DEPLOYMENTS, "n", "x", replicas=0)

    assert [(one.method, one.path) for one in server.requests] == [
        ("PATCH", "/apis/apps/v1/namespaces/n/deployments/x/scale")
    ]
    assert json.loads(server.bodies[0]) == {"spec": {"replicas": 0}}


async def test_refusal_keeps_the_apis_message(api: tuple[Api, Transport]) -> None:
    """What admission says reaches the log word for word."""
    server, transport = api
    server.answer = says({"kind": "Status", "message": "exceeded quota: pods"}, 403)

    with pytest.raises(ClusterError, match="exceeded quota: pods") as caught:
        await Cluster(transport).create(CONFIG_MAPS, "n", {})
    assert caught.value.status == 403


async def test_reviews(api: tuple[Api, Transport]) -> None:
    """Groups and extra of the token's owner are handed on to the access review."""
    server, transport = api
    cluster = Cluster(transport)
    user = {"username": "u", "uid": "1", "groups": ["g"], "extra": {"k": ["v"]}}
    server.answer = says({"status": {"authenticated": True, "user": user}})
    caller = await cluster.review_token("t")
    server.answer = says({"status": {"allowed": True}})
    assert caller is not None
    allowed = await cluster.review_access(caller, namespace="n", verb="get", resource="executions", subresource="data")
    server.answer = says({"status": {}})

    assert caller == Caller(user="u", uid="1", groups=("g",), extra={"k": ["v"]})
    assert allowed
    spec = json.loads(server.bodies[1])["spec"]
    assert (spec["groups"], spec["extra"]) == (["g"], {"k": ["v"]})
    assert spec["resourceAttributes"] == {
        "namespace": "n", "verb": "get", "group": "penstock.dev", "resource": "executions", "subresource": "data",
    }  # fmt: skip
    assert await cluster.review_token("forged") is None


@pytest.mark.parametrize(("audiences", "good"), [(["penstock"], True), ([], False), (None, False), (["other"], False)])
async def test_a_server_that_ignores_audiences_is_not_believed(
    api: tuple[Api, Transport], audiences: list[str] | None, good: bool
) -> None:
    """A token that was only found good for the API server itself is nobody's where an audience was asked for."""
    server, transport = api
    server.answer = says({"status": {"authenticated": True, "user": {"username": "u"}, "audiences": audiences}})

    assert (await Cluster(transport).review_token("t", ["penstock"]) is not None) == good
    assert json.loads(server.bodies[0])["spec"] == {"token": "t", "audiences": ["penstock"]}


async def test_event_note_is_cut_to_bytes(api: tuple[Api, Transport]) -> None:
    """A long message with wide characters fits the API's limit of 1,024 bytes."""
    server, transport = api
    server.answer = says({})

    await Cluster(transport).event(
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "n"}},
        type="Warning",
        reason="Lost",
        message="é" * 2000,
    )

    assert len(json.loads(server.bodies[0])["note"].encode()) <= 1024
