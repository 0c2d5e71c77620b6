"""kubectl and helm as the tests call them: the real programs against the test bed, never a client library of our own.

What is only read is read through one `kubectl proxy`: tests look often, and each kubectl is a process of a tenth of a
second's work.
"""

import atexit
import base64
import json
import subprocess
import time
from functools import cache
from typing import Any
from urllib.parse import urlencode

import httpx
import yaml

import timeouts


class CommandFailed(AssertionError):
    """A program ended with an error; its own words are in the message."""


def run(*command: str, stdin: str | None = None, timeout: float = 2 * timeouts.COMMAND) -> str:
    """Run a program and give its standard output; CommandFailed with its standard error otherwise."""
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=timeout, check=False)
    if done.returncode:
        raise CommandFailed(
            f"{' '.join(command)} ended with {done.returncode}: {done.stderr.strip() or done.stdout.strip()}"
        )
    return done.stdout


def kubectl(*arguments: str, stdin: str | None = None, timeout: float = timeouts.COMMAND) -> str:
    """kubectl with the test bed's configuration."""
    return run("kubectl", *arguments, stdin=stdin, timeout=timeout)


def api(path: str, **headers: str) -> dict[str, Any]:
    """What the API server answers to a GET; CommandFailed with its words where that is no success."""
    answer = _answer(path, **headers)
    if answer.status_code != httpx.codes.OK:
        raise CommandFailed(f"GET {path}: {answer.status_code} {answer.text}")
    found: dict[str, Any] = answer.json()
    return found


def _answer(path: str, **headers: str) -> httpx.Response:
    try:
        return _proxy().get(path, headers=headers)
    except httpx.HTTPError as error:
        raise CommandFailed(f"GET {path}: {error!r}") from error


def path_to(kind: str, name: str = "", *, namespace: str = "") -> str:
    """The API's path of a kind as kubectl takes it (`pods`, `pod`, `po`, `flow.penstock.dev`), or of one object."""
    if kind not in _kinds():
        _kinds.cache_clear()  # its definition came later
    base, plural, namespaced = _kinds()[kind]
    inside = f"/namespaces/{namespace}" if namespaced and namespace else ""
    return f"{base}{inside}/{plural}{'/' if name else ''}{name}"


@cache
def _kinds() -> dict[str, tuple[str, str, bool]]:
    """Every name of every kind: where the API has it, its plural, and whether it lies in namespaces."""
    found: dict[str, tuple[str, str, bool]] = {}
    for root in ("/api", "/apis"):  # what both have, such as events, is the first one's
        for group in api(root, Accept="application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList")["items"]:
            name, version = group["metadata"].get("name", ""), group["versions"][0]
            base = f"{root}/{name}/{version['version']}" if name else f"{root}/{version['version']}"
            for each in version["resources"]:
                place = (base, each["resource"], each["scope"] == "Namespaced")
                for word in (each["resource"], each["singularResource"], *each.get("shortNames", ())):
                    found.setdefault(word, place)
                    found.setdefault(f"{word}.{name}", place)
    return found


def last_words(pod: dict[str, Any]) -> str:
    """What the container before the present one of a pod, by its metadata, said last."""
    return kubectl("-n", pod["namespace"], "logs", pod["name"], "--previous", "--tail=100")


def asked_as(user: str, method: str, path: str, body: Any, *, patch: str = "", **query: str) -> httpx.Response:
    """What the API server answers somebody else, a user or a service account; `patch` is the kind of one, such as merge-patch."""
    content_type = f"application/{patch}+json" if patch else "application/json"
    headers = {"Impersonate-User": user, "Content-Type": content_type}
    return _proxy().request(method, path, content=json.dumps(body), params=query, headers=headers)


def through_api(
    namespace: str, pod: str, port: int, method: str, path: str, headers: dict[str, str] | None = None
) -> httpx.Response:
    """What one pod answers to a request, through the API server: a Service would lead to any of its pods."""
    place = f"/api/v1/namespaces/{namespace}/pods/http:{pod}:{port}/proxy{path}"
    return _proxy().request(method, place, headers=headers)


@cache
def _proxy() -> httpx.Client:
    """A client of `kubectl proxy`, which runs until this process ends."""
    process = subprocess.Popen(["kubectl", "proxy", "--port=0"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    address = process.stdout.readline().rpartition(" ")[2].strip()
    client = httpx.Client(base_url=f"http://{address}", timeout=timeouts.ANSWERED)

    def end() -> None:
        client.close()
        process.terminate()
        process.communicate()

    atexit.register(end)
    return client


def helm_uninstall(release: str, *, namespace: str) -> None:
    """`helm uninstall`, and wait until all that it removes is gone."""
    run("helm", "uninstall", release, "-n", namespace, "--wait", "--timeout", f"{timeouts.GONE:.0f}s")


def wait_rollout(kind: str, name: str, *, namespace: str) -> None:
    """Wait until a Deployment or StatefulSet is rolled out."""
    deadline = time.monotonic() + timeouts.ROLLED_OUT
    while True:
        try:
            kubectl("-n", namespace, "rollout", "status", f"{kind}/{name}", "--timeout=60s")
        except CommandFailed:
            if time.monotonic() > deadline:
                raise
        else:
            return


def apply(*documents: dict[str, Any] | str) -> str:
    """`kubectl apply --server-side` of dicts or YAML texts; raises with the API server's message when refused."""
    texts = [text if isinstance(text, str) else yaml.safe_dump(text) for text in documents]
    return kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", stdin="\n---\n".join(texts))


def get(kind: str, name: str = "", *, namespace: str = "", selector: str = "") -> dict[str, Any]:
    """An object, or a list of them, as a dict; CommandFailed when it does not exist."""
    query = f"?{urlencode({'labelSelector': selector})}" if selector else ""
    return api(path_to(kind, name, namespace=namespace) + query)


def wait_for(kind: str, name: str, what: str, *, namespace: str, within: float = timeouts.RECONCILED) -> dict[str, Any]:
    """The object once it is as `what` says in the words of `kubectl wait --for`, which watches and does not poll."""
    words = ("wait", kind, name, f"--for={what}", f"--timeout={within:.0f}s", "-n", namespace, "-o", "json")
    try:
        found: dict[str, Any] = json.loads(kubectl(*words, timeout=within + timeouts.COMMAND))
    except CommandFailed as error:
        error.add_note(f"last seen: {get(kind, name, namespace=namespace).get('status')}")
        raise
    return found


def items(kind: str, *, namespace: str, selector: str = "") -> list[dict[str, Any]]:
    """The objects of a kind in a namespace."""
    found: list[dict[str, Any]] = get(kind, namespace=namespace, selector=selector)["items"]
    return found


def exists(kind: str, name: str, *, namespace: str = "") -> bool:
    """True where the object is there."""
    answer = _answer(path_to(kind, name, namespace=namespace))
    if answer.status_code not in {httpx.codes.OK, httpx.codes.NOT_FOUND}:
        raise CommandFailed(f"{kind} {name}: {answer.status_code} {answer.text}")
    return answer.status_code == httpx.codes.OK


def condition(thing: dict[str, Any], kind: str) -> dict[str, Any]:
    """The condition of a type, for the object's present generation; {} while there is none."""
    status = thing.get("status", {})
    for entry in status.get("conditions", []):
        if (
            entry["type"] == kind
            and entry.get("observedGeneration", thing["metadata"]["generation"]) == thing["metadata"]["generation"]
        ):
            return dict(entry)
    return {}


def secret(name: str, field: str, *, namespace: str) -> str:
    """One field of a Secret, decoded."""
    return base64.b64decode(get("secret", name, namespace=namespace)["data"][field]).decode()
