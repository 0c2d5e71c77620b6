"""`helm test`: one execution through every part of the release, as a user would start it.

Applies a small Integration and an Instance, waits until it is Ready, sends its webhook with the generated key,
reads the execution by the REST API until it has passed, compares what its step recorded, and removes everything again.
"""

import base64
import http.client
import json
import logging
import sys
import time
from functools import partial
from typing import Any
from urllib.parse import quote

from kubernetes_api import ApiError, call, found, token, wait

log = logging.getLogger("send_webhook")

GROUP = "/apis/penstock.dev/v1alpha1"
REMOVAL_SECONDS = 20
ENDED = {"passed", "failed", "completed_with_errors", "cancelled", "timed_out", "skipped"}


class Failed(Exception):
    """The release does not do what it should; the message says where it stopped."""


def integration(name: str) -> dict[str, Any]:
    """One flow, two steps: an expression that reads the webhook's body, and a check of what it gave."""
    return {
        "apiVersion": "penstock.dev/v1alpha1",
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


def instance(name: str) -> dict[str, Any]:
    """The Instance of the Integration of the same name."""
    return {
        "apiVersion": "penstock.dev/v1alpha1",
        "kind": "Instance",
        "metadata": {"name": name},
        "spec": {"integration": {"name": name}, "customer": {"id": "helm-test", "name": "helm test"}},
    }


def _gone(path: str) -> bool:
    return found(path) is None


class Release:
    """The gateway of the release under test, and the one name and namespace that everything of the test has."""

    def __init__(self, *, gateway: str, namespace: str, name: str, deadline: float) -> None:
        self._gateway = gateway
        self._namespace = namespace
        self._name = name
        self._deadline = deadline

    def _path(self, plural: str, name: str = "") -> str:
        return f"{GROUP}/namespaces/{self._namespace}/{plural}" + (f"/{name}" if name else "")

    def remove(self) -> None:
        """Delete Instance and Integration, and wait until they are gone."""
        for plural in ("instances", "integrations"):
            path = self._path(plural, self._name)
            try:
                call("DELETE", path)
            except ApiError as error:
                if error.status != 404:
                    raise
            until = time.monotonic() + REMOVAL_SECONDS
            wait(f"{plural}/{self._name} to be gone", partial(_gone, path), until=until)

    def deploy(self) -> None:
        """Create both and wait for Ready."""
        call("POST", self._path("integrations"), integration(self._name))
        call("POST", self._path("instances"), instance(self._name))
        log.info("applied Integration and Instance %s/%s", self._namespace, self._name)
        try:
            wait("Ready", self._ready, until=self._deadline)
        except TimeoutError:
            raise Failed(
                f"the Instance is not Ready: {self._conditions() or 'the operator wrote no condition'}"
            ) from None
        log.info("the Instance is Ready")

    def _conditions(self) -> dict[str, str]:
        status = call("GET", self._path("instances", self._name)).get("status", {})
        return {
            entry["type"]: f"{entry['status']} ({entry.get('message', '')})" for entry in status.get("conditions", [])
        }

    def _ready(self) -> bool:
        return self._conditions().get("Ready", "").startswith("True")

    def send(self) -> str:
        """Send the webhook; gives the execution's id. The gateway may need a moment to see the new Flow: 404 and 401 are retried."""
        secret = call("GET", f"/api/v1/namespaces/{self._namespace}/secrets/{self._name}-webhook-key")
        headers = {"Api-Key": base64.b64decode(secret["data"]["key"]).decode(), "Content-Type": "application/json"}
        path = f"/hooks/{self._namespace}/{self._name}/echo"
        while True:
            status, answer = self._http("POST", path, headers, json.dumps({"name": "helm"}))
            if status == 202:
                log.info("webhook accepted as execution %s", answer["executionId"])
                return str(answer["executionId"])
            if status not in (0, 401, 404, 503) or time.monotonic() > self._deadline:
                raise Failed(f"the webhook was answered with {status}: {answer}")
            time.sleep(0.5)

    def passed(self, execution: str) -> None:
        """Wait for the end and look at what the step recorded."""
        answer = wait("the execution's end", lambda: self._ended(execution), until=self._deadline)
        if answer["status"] != "passed":
            raise Failed(f"the execution ended as {answer['status']}: {json.dumps(answer)}")
        recorded = self._read(f"/executions/{execution}/steps/greeting/attempts/1/output")
        if "Hello, helm" not in json.dumps(recorded):
            raise Failed(f"step greeting recorded {recorded!r} instead of 'Hello, helm'")
        log.info("the execution has passed, and its step's result was read back: %s", json.dumps(recorded))

    def _ended(self, execution: str) -> Any:
        answer = self._read(f"/executions/{execution}?include=steps")
        return answer if answer.get("status") in ENDED else None

    def _read(self, path: str) -> Any:
        status, answer = self._http("GET", f"/api/v1{path}", {"Authorization": f"Bearer {token()}"})
        if status != 200:
            raise Failed(f"GET /api/v1{path} was answered with {status}: {answer}")
        return answer

    def _http(self, method: str, path: str, headers: dict[str, str], body: str | None = None) -> tuple[int, Any]:
        """Status and decoded answer; status 0 where nobody answers."""
        host, _, port = self._gateway.partition(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=20)
        try:
            connection.request(method, quote(path, safe="/?=&"), body, headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"null")
        except (OSError, ValueError) as error:
            return 0, str(error)
        finally:
            connection.close()


def main(gateway: str, namespace: str, name: str, seconds: str) -> None:
    """Run the test against `gateway` (host:port) within `seconds`; whatever happens, remove what it made."""
    release = Release(gateway=gateway, namespace=namespace, name=name, deadline=time.monotonic() + float(seconds))
    release.remove()
    try:
        release.deploy()
        release.passed(release.send())
    except (Failed, ApiError, TimeoutError):
        _try_to_remove(release)
        raise
    release.remove()
    log.info("the release works")


def _try_to_remove(release: Release) -> None:
    """Tidy up after a failure, whose own words matter more than what goes wrong now."""
    try:
        release.remove()
    except (ApiError, TimeoutError) as error:
        log.info("not everything could be removed: %s", error)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        main(*sys.argv[1:5])
    except (Failed, ApiError, TimeoutError) as error:
        log.error("%s", error)  # noqa: TRY400 - the sentence is for a person; a traceback says nothing more
        sys.exit(1)
