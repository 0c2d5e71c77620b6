"""kubectl and helm as the tests call them: the real programs against the test bed, never a client library of our own."""

import base64
import json
import subprocess
from typing import Any

import yaml


class CommandFailed(AssertionError):
    """A program ended with an error; its own words are in the message."""


def run(*command: str, stdin: str | None = None, timeout: float = 300) -> str:
    """Run a program and give its standard output; CommandFailed with its standard error otherwise."""
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=timeout, check=False)
    if done.returncode:
        raise CommandFailed(
            f"{' '.join(command)} ended with {done.returncode}: {done.stderr.strip() or done.stdout.strip()}"
        )
    return done.stdout


def kubectl(*arguments: str, stdin: str | None = None, timeout: float = 120) -> str:
    """kubectl with the test bed's configuration."""
    return run("kubectl", *arguments, stdin=stdin, timeout=timeout)


def apply(*documents: dict[str, Any] | str) -> str:
    """`kubectl apply --server-side` of dicts or YAML texts; raises with the API server's message when refused."""
    texts = [text if isinstance(text, str) else yaml.safe_dump(text) for text in documents]
    return kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", stdin="\n---\n".join(texts))


def get(kind: str, name: str = "", *, namespace: str = "", selector: str = "") -> dict[str, Any]:
    """An object, or a list of them, as a dict; CommandFailed when it does not exist."""
    words = ["get", kind, *([name] if name else []), "-o", "json"]
    words += ["-n", namespace] if namespace else []
    words += ["-l", selector] if selector else []
    found: dict[str, Any] = json.loads(kubectl(*words))
    return found


def items(kind: str, *, namespace: str, selector: str = "") -> list[dict[str, Any]]:
    """The objects of a kind in a namespace."""
    found: list[dict[str, Any]] = get(kind, namespace=namespace, selector=selector)["items"]
    return found


def exists(kind: str, name: str, *, namespace: str = "") -> bool:
    """True where the object is there."""
    words = ["get", kind, name, "--ignore-not-found", "-o", "name", *(["-n", namespace] if namespace else [])]
    return bool(kubectl(*words).strip())


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
