"""Where the bench measures: Penstock installed by its chart, one tenant, and a way to run bare Jobs with the very pod that runners have."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from testbed.release import enter, helm_install, images, reached

from installation import Installation, deploy, instance, integration, remove_namespace, webhook_flow
from kubectl import apply, get, kubectl, run, secret
from penstock_core import uuid7
from penstock_core.cluster import JOBS, PODS, Cluster
from penstock_core.manifests.job import RunnerPod, execution_job
from penstock_core.observed.flow import Flow

RELEASE = "penstock"
NAMESPACE = "penstock-bench"
TENANT = "bench-tenant"
CLEANED_SECONDS = 900.0
"""The namespace may hold thousands of Instances, each with its data to remove."""

TEN_LINES = """
import os, time
import psycopg
with psycopg.connect(os.environ["PENSTOCK_DSN"]) as connection:
    connection.execute(
        "insert into bench_rows (name, value) values (%s, %s)",
        [os.environ["PENSTOCK_POD"], b"x" * 200],
    )
    connection.commit()
    end = time.time_ns()
started = int(open("/proc/self/stat").read().rpartition(")")[2].split()[19]) / os.sysconf("SC_CLK_TCK")
print(int((time.clock_gettime(time.CLOCK_BOOTTIME) - started) * 1000), end, flush=True)
"""


@dataclass(kw_only=True)
class Ends:
    """When each pod's container was first seen to have ended, by a watch: seconds since the epoch on this machine's clock."""

    seen: dict[str, float] = field(default_factory=dict)

    def of(self, prefix: str) -> float | None:
        """The end of the pod whose name starts with a Job's name."""
        return next((moment for name, moment in self.seen.items() if name.startswith(prefix)), None)


@dataclass(frozen=True, kw_only=True)
class Site:
    """Everything that a measurement needs."""

    penstock: Installation
    cluster: Cluster
    ends: Ends
    database: psycopg.AsyncConnection[Any]
    http: httpx.AsyncClient

    def webhook(self, name: str, flow: str = "go") -> tuple[str, dict[str, str]]:
        """Path and headers of an instance's webhook."""
        key = secret(f"{name}-webhook-key", "key", namespace=TENANT)
        return f"/hooks/{TENANT}/{name}/{flow}", {"Api-Key": key, "Content-Type": "application/json"}

    async def bare_job(self, flow: dict[str, Any], *, command: list[str] | None = None) -> tuple[str, float]:
        """Create a bare Job: the pod of `flow`'s executions with ten lines of Python. Gives its name and when it was sent."""
        runner = RunnerPod(
            image=images()["runner"], pull_policy="IfNotPresent", release="bench.bare", release_name=RELEASE
        )
        identifier = uuid7.new()
        job = execution_job(Flow.parse(flow), identifier, runner=runner)
        job["metadata"] = {"name": f"bare-{identifier}", "namespace": TENANT}
        job["spec"]["template"]["metadata"] = {"labels": {"bare": "true"}}
        job["spec"]["template"]["spec"]["containers"][0]["command"] = command or ["python3", "-c", TEN_LINES]
        sent = time.time()
        await self.cluster.create(JOBS, TENANT, job)
        return job["metadata"]["name"], sent

    async def ended(self, prefix: str, *, within: float = 120) -> float:
        """When the container of a Job's pod was seen to have ended."""
        async with asyncio.timeout(within):
            while (moment := self.ends.of(prefix)) is None:
                await asyncio.sleep(0.05)
        return moment

    async def finished(self, identifier: str, *, within: float = 120) -> dict[str, Any]:
        """An execution with its steps once it has ended; asked every half second, so as not to disturb."""
        async with asyncio.timeout(within):
            while True:
                found = await asyncio.to_thread(self.penstock.execution, identifier)
                if found["endedAt"]:
                    return found
                await asyncio.sleep(0.5)

    async def flow(self, name: str, flow: str = "go") -> dict[str, Any]:
        """The Flow object of an instance."""
        return await asyncio.to_thread(get, "flows.penstock.dev", f"{name}.{flow}", namespace=TENANT)


def put(name: str, flow_steps: list[dict[str, Any]], *, flow: dict[str, Any] | None = None, **spec: Any) -> None:
    """Deploy an integration with one webhook flow `go`, and an instance, both of that name."""
    deploy(TENANT, integration(name, [webhook_flow("go", flow_steps, **(flow or {}))]), instance(name, name, **spec))


async def _watch_pods(cluster: Cluster, ends: Ends) -> None:
    version = (await cluster.listing(PODS, TENANT)).resource_version
    while True:
        async for event in cluster.watch(PODS, TENANT, resource_version=version, seconds=300):
            version = event["object"]["metadata"]["resourceVersion"]
            name = event["object"]["metadata"].get("name", "")
            for status in event["object"].get("status", {}).get("containerStatuses", []):
                if "terminated" in status.get("state", {}):
                    ends.seen.setdefault(name, time.time())


@asynccontextmanager
async def site() -> AsyncIterator[Site]:
    """Install, make the tenant, watch its pods; remove everything afterwards."""
    enter()
    # one gateway, as there is one bare server to compare it with
    one = ("--set", "gateway.replicas=1")
    await asyncio.to_thread(helm_install, RELEASE, namespace=NAMESPACE, values=one)
    apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": TENANT}})
    apply(
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "reader", "namespace": NAMESPACE}},
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": {"name": "reader", "namespace": TENANT},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "admin"},
            "subjects": [{"kind": "ServiceAccount", "name": "reader", "namespace": NAMESPACE}],
        },
    )
    token = kubectl("create", "token", "reader", "--audience=penstock", "-n", NAMESPACE, "--duration", "6h").strip()
    put("one", [{"name": "one", "set": {"value": "${trigger.body.n}"}}])
    with ExitStack() as stack:
        host, port = stack.enter_context(reached("penstock-gateway", 80, namespace=NAMESPACE))
        pg_host, pg_port = stack.enter_context(reached("penstock-postgres", 5432, namespace=NAMESPACE))
        dsn: dict[str, Any] = {
            **conninfo_to_dict(secret("penstock-postgres", "dsn", namespace=NAMESPACE)),
            "host": pg_host,
            "port": pg_port,
        }
        base = f"http://{host}:{port}"
        cluster = await Cluster.connect()
        database = await psycopg.AsyncConnection.connect(make_conninfo(**dsn), autocommit=True)
        await database.execute("create table if not exists bench_rows (name text, value bytea)")
        await database.execute("grant insert on bench_rows to public")
        ends = Ends()
        watching = asyncio.create_task(_watch_pods(cluster, ends))
        client = stack.enter_context(httpx.Client(base_url=base, timeout=30))
        async with httpx.AsyncClient(base_url=base, timeout=30, limits=httpx.Limits(max_connections=100)) as http:
            penstock = Installation(release=RELEASE, namespace=NAMESPACE, client=client, token=token)
            try:
                yield Site(penstock=penstock, cluster=cluster, ends=ends, database=database, http=http)
            finally:
                watching.cancel()
                await asyncio.gather(watching, return_exceptions=True)
                await database.close()
                await cluster.close()
    remove_namespace(TENANT, within=CLEANED_SECONDS)
    run("helm", "uninstall", RELEASE, "--namespace", NAMESPACE, "--wait", "--timeout", "3m")
    remove_namespace(NAMESPACE)


def pod_logs(job: str) -> str:
    """What a Job's container printed."""
    return kubectl("-n", TENANT, "logs", f"job/{job}")


def job_of(execution: str) -> str:
    """Name of an execution's Job."""
    return f"pex-{UUID(execution)}"
