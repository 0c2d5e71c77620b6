"""What the chart's hooks run: commands of the operator's image, against stand-ins of cluster and gateway."""

import base64
import logging
import time
from argparse import Namespace
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from fake_cluster import FakeCluster
from penstock_core import names
from penstock_core.cluster import (
    CRON_JOBS,
    DEPLOYMENTS,
    INSTANCES,
    INTEGRATIONS,
    NAMESPACES,
    PODS,
    SECRETS,
    Kind,
    Object,
)
from penstock_core.errors import SettingsError
from penstock_operator import __main__ as program
from penstock_operator.commands.command import wait
from penstock_operator.commands.label_namespace import is_ours, label_namespace
from penstock_operator.commands.send_webhook import Gateway, Trial, TrialFailedError
from penstock_operator.commands.stop_release import remove_schedules, stop_operator

SYSTEM = "penstock-system"
LEVEL = "pod-security.kubernetes.io"
NAME = "penstock-test"


def pod(name: str, **labels: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": SYSTEM, "labels": labels}}


@pytest.mark.parametrize("command", program.COMMANDS)
def test_every_command_says_what_it_does(command: str) -> None:
    """`--help` of each command of the table ends well."""
    with pytest.raises(SystemExit) as end:
        program.parser({}).parse_args([command, "--help"])

    assert end.value.code == 0


@pytest.mark.parametrize("command", ["label-namespace", "stop-release"])
async def test_a_missing_variable_is_named(command: str) -> None:
    """A command outside of its hook says what it is not told."""
    with pytest.raises(SettingsError, match="PENSTOCK_RELEASE_NAMESPACE is not set"):
        await program.COMMANDS[command].run(Namespace(), {})


async def test_a_wait_has_an_end() -> None:
    """What does not come in its time is named."""

    async def never() -> bool:
        return False

    with pytest.raises(TimeoutError, match="waited in vain for the operator's pods to end"):
        await wait("the operator's pods to end", never, until=time.monotonic() - 1)


@pytest.mark.parametrize(
    ("labels", "pods", "expected"),
    [
        ({}, [], {"enforce", "warn", "audit"}),
        ({}, [pod("own", **{"app.kubernetes.io/instance": "penstock"})], {"enforce", "warn", "audit"}),
        ({}, [pod("foreign")], {"warn", "audit"}),
        ({f"{LEVEL}/enforce": "privileged"}, [], set()),
    ],
    ids=["empty", "own pods", "pods of others", "labelled already"],
)
async def test_the_namespace_is_labelled_unless_others_would_suffer(
    cluster: FakeCluster, labels: dict[str, str], pods: list[dict[str, Any]], expected: set[str]
) -> None:
    """Where pods of others live nothing is enforced, and an administrator's own choice stays."""
    cluster.seed(NAMESPACES, {"metadata": {"name": SYSTEM, "namespace": None, "labels": labels}})
    for one in pods:
        cluster.seed(PODS, one)
    await label_namespace(cluster, SYSTEM, release_name="penstock", level="restricted")

    found = cluster.of(NAMESPACES)[SYSTEM]["metadata"]["labels"]
    assert found == labels | {f"{LEVEL}/{mode}": "restricted" for mode in expected}


def test_a_namespace_of_others_is_not_enforced() -> None:
    """The release's own pods, and runners, are told from those of others in its namespace."""
    labels = [
        {"app.kubernetes.io/instance": "penstock"},
        {"penstock.dev/release": "penstock-system.penstock"},
        {"app.kubernetes.io/instance": "other"},
        {},
    ]

    assert [is_ours({"metadata": {"labels": one}}, "penstock") for one in labels] == [True, True, False, False]


async def test_the_operator_is_scaled_to_nothing(cluster: FakeCluster) -> None:
    """Its Deployment has no replicas then, and its pods are waited for."""
    cluster.seed(DEPLOYMENTS, {"metadata": {"name": "penstock-operator", "namespace": SYSTEM}, "spec": {"replicas": 2}})
    cluster.seed(PODS, pod("gateway-1", a="c"))
    await stop_operator(cluster, SYSTEM, deployment="penstock-operator", selector="a=b")

    assert cluster.of(DEPLOYMENTS)["penstock-operator"]["spec"]["replicas"] == 0


async def test_an_operator_that_does_not_end_fails_the_hook(
    cluster: FakeCluster, caplog: pytest.LogCaptureFixture
) -> None:
    """A missing Deployment is no obstacle, a pod that stays is."""
    caplog.set_level(logging.INFO)
    cluster.seed(PODS, pod("operator-1", a="b"))
    with pytest.raises(TimeoutError, match="the operator's pods to end"):
        await stop_operator(cluster, SYSTEM, deployment="penstock-operator", selector="a=b", within=-1)

    assert caplog.messages == ["there is no deployment penstock-operator"]


@pytest.mark.parametrize(("namespaces", "removed"), [((None,), {"a", "b"}), (("acme",), {"a"})])
async def test_schedules_are_removed_where_the_release_serves(
    cluster: FakeCluster, namespaces: tuple[str | None, ...], removed: set[str]
) -> None:
    """CronJobs of the served namespaces go, and others stay, those of other releases, too."""
    for name, namespace, release in (("a", "acme", "ours"), ("b", "beta", "ours"), ("c", "acme", "theirs")):
        labels = {names.LABEL_RELEASE: release}
        cluster.seed(CRON_JOBS, {"metadata": {"name": name, "namespace": namespace, "labels": labels}})
    await remove_schedules(cluster, namespaces, release="ours")

    assert {"a", "b", "c"} - set(cluster.of(CRON_JOBS)) == removed


class Served(FakeCluster):
    """A cluster whose operator answers at once: each Instance gets its key, and is Ready where `ready` says so."""

    def __init__(self, *, ready: str) -> None:
        super().__init__()
        self.ready = ready

    async def create(self, kind: Kind, namespace: str | None, body: Mapping[str, Any]) -> Object:
        made = await super().create(kind, namespace, body)
        if kind is INSTANCES:
            key = {"key": base64.b64encode(b"secret").decode()}
            self.seed(SECRETS, {"metadata": {"name": f"{NAME}-webhook-key", "namespace": namespace}, "data": key})
            conditions = [{"type": "Ready", "status": self.ready, "message": "said"}]
            self.seed(kind, made | {"status": {"conditions": conditions}})
        return made


class ServedGateway:
    """A gateway that knows the Flow at the second webhook; the execution ends as `ended`, with `output` recorded."""

    def __init__(self, *, ended: str = "passed", output: str = "Hello, helm", refusal: int = 404) -> None:
        self.ended, self.output, self.refusal = ended, output, refusal
        self.asked: list[str] = []

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(f"{request.method} {request.path_qs}")
        if request.method == "POST":
            assert request.headers["Api-Key"] == "secret"
            assert await request.json() == {"name": "helm"}
            if len(self.asked) == 1:
                return web.json_response({"title": "not yet"}, status=self.refusal)
            return web.json_response({"executionId": "e1"}, status=202)
        assert request.headers["Authorization"] == "Bearer token"
        return web.json_response(self.output if request.path.endswith("/output") else {"status": self.ended})


@pytest.fixture
async def serve() -> AsyncIterator[Any]:
    """Serves a gateway; gives the trial of it, against `cluster`."""
    servers: list[TestServer] = []

    async def start(gateway: ServedGateway, cluster: FakeCluster, *, seconds: float = 10) -> Trial:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", gateway.answer)
        servers.append(TestServer(app))
        await servers[-1].start_server()
        address = f"{servers[-1].host}:{servers[-1].port}"
        return Trial(
            cluster,
            Gateway(address, token=lambda: "token"),
            namespace="acme",
            name=NAME,
            deadline=time.monotonic() + seconds,
            pause=0,
        )

    yield start
    for server in servers:
        await server.close()


async def test_a_webhook_goes_through_the_release(serve: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Everything is made, sent, read back and removed; a gateway that does not know the Flow yet is asked again."""
    caplog.set_level(logging.INFO)
    gateway, cluster = ServedGateway(), Served(ready="True")
    await (await serve(gateway, cluster)).run()

    assert gateway.asked == [
        f"POST /hooks/acme/{NAME}/echo",
        f"POST /hooks/acme/{NAME}/echo",
        "GET /api/v1/executions/e1?include=steps",
        "GET /api/v1/executions/e1/steps/greeting/attempts/1/output",
    ]
    assert (cluster.of(INSTANCES), cluster.of(INTEGRATIONS)) == ({}, {})
    assert caplog.messages[-1] == "the release works"


@pytest.mark.parametrize(
    ("ready", "gateway", "seconds", "words"),
    [
        ("False", ServedGateway(), -1, r"the Instance is not Ready: {'Ready': 'False \(said\)'}"),
        ("True", ServedGateway(refusal=400), 10, r"the webhook was answered with 400: {'title': 'not yet'}"),
        ("True", ServedGateway(ended="failed"), 10, "the execution ended as failed"),
        ("True", ServedGateway(output="Hello"), 10, "step greeting recorded 'Hello' instead of 'Hello, helm'"),
    ],
    ids=["not ready", "refused", "failed", "wrong"],
)
async def test_a_release_that_does_not_work_says_where_it_stopped(
    serve: Any, ready: str, gateway: ServedGateway, seconds: float, words: str
) -> None:
    """The failure names the part, and what was made is removed all the same."""
    cluster = Served(ready=ready)
    with pytest.raises(TrialFailedError, match=words):
        await (await serve(gateway, cluster, seconds=seconds)).run()

    assert (cluster.of(INSTANCES), cluster.of(INTEGRATIONS)) == ({}, {})


async def test_a_gateway_that_is_not_there_is_status_0() -> None:
    """Nobody who answers is no exception: it may come."""
    status, words = await Gateway("127.0.0.1:1", token=lambda: "").post("/hooks", key="", body={})

    assert status == 0
    assert words
