"""`python -m penstock_operator send-webhook`, which is `helm test`: one execution through every part of the release, as a user would start it.

Applies a small Integration and an Instance, waits until it is Ready, sends its webhook with the generated key,
reads the execution by the REST API until it has passed, compares what its step recorded, and removes everything again.
"""

import argparse
import asyncio
import base64
import json
import logging
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

import aiohttp

from penstock_core import names
from penstock_core.cluster import INSTANCES, INTEGRATIONS, SECRETS, Cluster, Kind, Object
from penstock_core.errors import ClusterError, NotFound
from penstock_core.observed.data import Secret
from penstock_core.observed.instance import Instance
from penstock_operator.commands.command import PAUSE_SECONDS, Command, Variables, connected, wait
from penstock_operator.errors import OperatorError

log = logging.getLogger(__name__)
TOKEN: Final = Path("/var/run/secrets/penstock/token")
"""For the REST API; the one for the API server lies elsewhere, and is not good there."""
REMOVAL_SECONDS: Final = 20.0
HTTP_SECONDS: Final = 20.0
NOT_YET: Final = frozenset({0, 401, 404, 503})
"""Answers of a gateway that does not know the new Flow or its key yet, or is not there yet."""
ENDED: Final = frozenset({"passed", "failed", "completed_with_errors", "cancelled", "timed_out", "skipped"})


class TrialFailedError(OperatorError):
    """The release does not do what it should; the message says where it stopped."""


def integration(name: str) -> Object:
    """One flow, two steps: an expression that reads the webhook's body, and a check of what it gave."""
    return {
        "apiVersion": f"{names.GROUP}/{names.VERSION}",
        "kind": "Integration",
        "metadata": {"name": name},
        "spec": {
            "version": "1.0.0",
            "displayName": "helm test",
            "description": "Made by helm test, removed at its end.",
            "flows": [
                {
                    "name": "echo",
                    "trigger": {"webhook": {"methods": ["POST"], "security": "required"}},
                    "timeout": "1m",
                    "steps": [
                        {"name": "greeting", "set": {"value": "Hello, ${trigger.body.name}"}},
                        {"name": "right", "check": {"that": ["steps.greeting.output == 'Hello, helm'"]}},
                    ],
                }
            ],
        },
    }


def instance(name: str) -> Object:
    """The Instance of the Integration of the same name."""
    return {
        "apiVersion": f"{names.GROUP}/{names.VERSION}",
        "kind": "Instance",
        "metadata": {"name": name},
        "spec": {"integration": {"name": name}, "customer": {"id": "helm-test", "name": "helm test"}},
    }


class Gateway:
    """The gateway under test at `address` (host:port); `token` is read for each request, as it is replaced meanwhile."""

    def __init__(self, address: str, *, token: Callable[[], str]) -> None:
        self._address = address
        self._token = token

    async def post(self, path: str, *, key: str, body: Any) -> tuple[int, Any]:
        """Sends a webhook; status and decoded answer, status 0 where nobody answers."""
        return await self._send("POST", path, headers={"Api-Key": key}, json=body)

    async def get(self, path: str) -> Any:
        """Reads from the REST API; raises TrialFailedError where it does not answer as it should."""
        headers = {"Authorization": f"Bearer {self._token()}"}
        status, answer = await self._send("GET", f"/api/v1{path}", headers=headers)
        if status != 200:
            raise TrialFailedError(f"GET /api/v1{path} was answered with {status}: {answer}")
        return answer

    async def _send(self, method: str, path: str, **request: Any) -> tuple[int, Any]:
        limit = aiohttp.ClientTimeout(total=HTTP_SECONDS)
        try:
            async with (
                aiohttp.ClientSession(timeout=limit, trust_env=False) as session,
                session.request(method, f"http://{self._address}{path}", **request) as response,
            ):
                return response.status, json.loads(await response.read() or b"null")
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            return 0, str(error)


class Trial:
    """The one name and namespace that everything of the test has; `deadline` counts as `time.monotonic()` does."""

    def __init__(
        self,
        cluster: Cluster,
        gateway: Gateway,
        *,
        namespace: str,
        name: str,
        deadline: float,
        pause: float = PAUSE_SECONDS,
    ) -> None:
        self._cluster = cluster
        self._gateway = gateway
        self._namespace = namespace
        self._name = name
        self._deadline = deadline
        self._pause = pause

    async def run(self) -> None:
        """The whole test; whatever happens, what it made is removed."""
        await self._remove()
        try:
            await self._deploy()
            await self._check(await self._start())
        except (TrialFailedError, ClusterError, TimeoutError):
            await self._try_to_remove()
            raise
        await self._remove()
        log.info("the release works")

    async def _remove(self) -> None:
        """Deletes Instance and Integration, and waits until they are gone."""
        for kind in (INSTANCES, INTEGRATIONS):
            await self._cluster.delete(kind, self._namespace, self._name)
            until = time.monotonic() + REMOVAL_SECONDS
            await wait(
                f"{kind.plural}/{self._name} to be gone", partial(self._is_gone, kind), until=until, pause=self._pause
            )

    async def _is_gone(self, kind: Kind) -> bool:
        try:
            await self._cluster.get(kind, self._namespace, self._name)
        except NotFound:
            return True
        return False

    async def _try_to_remove(self) -> None:
        """Tidies up after a failure, whose own words matter more than what goes wrong now."""
        try:
            await self._remove()
        except (ClusterError, TimeoutError) as error:
            log.info("not everything could be removed: %s", error)

    async def _deploy(self) -> None:
        """Creates both and waits for Ready."""
        await self._cluster.create(INTEGRATIONS, self._namespace, integration(self._name))
        await self._cluster.create(INSTANCES, self._namespace, instance(self._name))
        log.info("applied Integration and Instance %s/%s", self._namespace, self._name)
        try:
            await wait("Ready", self._is_ready, until=self._deadline, pause=self._pause)
        except TimeoutError:
            said = await self._conditions() or "the operator wrote no condition"
            raise TrialFailedError(f"the Instance is not Ready: {said}") from None
        log.info("the Instance is Ready")

    async def _conditions(self) -> dict[str, str]:
        found = Instance.parse(await self._cluster.get(INSTANCES, self._namespace, self._name))
        conditions = found.status.get("conditions", [])
        return {one["type"]: f"{one['status']} ({one.get('message', '')})" for one in conditions}

    async def _is_ready(self) -> bool:
        return (await self._conditions()).get("Ready", "").startswith("True")

    async def _start(self) -> str:
        """Sends the webhook; gives the execution's id. The gateway may need a moment to see the new Flow."""
        secret = Secret.parse(await self._cluster.get(SECRETS, self._namespace, names.webhook_key_secret(self._name)))
        key = base64.b64decode(secret.data["key"]).decode()
        path = names.webhook_path(namespace=self._namespace, instance=self._name, flow="echo")
        while True:
            status, answer = await self._gateway.post(path, key=key, body={"name": "helm"})
            if status == 202:
                log.info("webhook accepted as execution %s", answer["executionId"])
                return str(answer["executionId"])
            if status not in NOT_YET or time.monotonic() > self._deadline:
                raise TrialFailedError(f"the webhook was answered with {status}: {answer}")
            await asyncio.sleep(self._pause)

    async def _check(self, execution: str) -> None:
        """Waits for the end and looks at what the step recorded."""

        async def ended() -> Mapping[str, Any] | None:
            answer: Mapping[str, Any] = await self._gateway.get(f"/executions/{execution}?include=steps")
            return answer if answer.get("status") in ENDED else None

        answer = await wait("the execution's end", ended, until=self._deadline, pause=self._pause)
        if (state := answer["status"]) != "passed":
            raise TrialFailedError(f"the execution ended as {state}: {json.dumps(answer)}")
        recorded = await self._gateway.get(f"/executions/{execution}/steps/greeting/attempts/1/output")
        if "Hello, helm" not in json.dumps(recorded):
            raise TrialFailedError(f"step greeting recorded {recorded!r} instead of 'Hello, helm'")
        log.info("the execution has passed, and its step's result was read back: %s", json.dumps(recorded))


def _arguments(parser: argparse.ArgumentParser, _: Variables) -> None:
    parser.add_argument("--gateway", required=True, help="host:port")
    parser.add_argument("--namespace", required=True, help="where Integration and Instance are made")
    parser.add_argument("--name", required=True, help="what they are called")
    parser.add_argument("--seconds", required=True, type=float, help="how long all may take")


async def _run(options: argparse.Namespace, _: Variables) -> int:
    gateway = Gateway(options.gateway, token=TOKEN.read_text)
    deadline = time.monotonic() + options.seconds
    async with connected() as cluster:
        trial = Trial(cluster, gateway, namespace=options.namespace, name=options.name, deadline=deadline)
        try:
            await trial.run()
        except (TrialFailedError, ClusterError, TimeoutError) as error:
            log.error("%s", error)  # noqa: TRY400 - the sentence is for a person; a traceback says nothing more
            return 1
    return 0


COMMAND: Final = Command(
    help="run one execution through every part of the release, then end",
    arguments=_arguments,
    run=_run,
    for_people=True,
)
