"""Asks a gateway for the answers that are kept: `PYTHONPATH=tests/support python -m record_answers` writes them anew.

Each lies in `tests/integration/gateway/recorded/<group>/<name>.http`, as it came over the wire but for

- the line ends of the head, which are those of Unix
- the date, which is left out
- ids and times of executions that were accepted meanwhile: `<execution 1>`, counted as they come, and `<time>`
- the version in the OpenAPI document: `<version>`
- the numbers of metrics: what is left is each metric's description and type
"""

import asyncio
import base64
import json
import re
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from dumps import DAY, DAYS_AHEAD, PLACE, restore
from gateway_stand import INSTANCE_UID, KEY, TENANT, Stand, flow, key_secret, mirrored, standing, until
from penstock_core import __version__
from penstock_core.cluster import SECRETS, Caller
from penstock_core.errors import ClusterUnavailable
from penstock_core.store.schema.migrate import migrate
from postgres import Server, server
from recorded_requests import EXECUTION, GROUPS, SIGNING_SECRET, Exchange

RECORDED = Path(__file__).parent.parent / "integration" / "gateway" / "recorded"
DUMP = PLACE / "0.1.sql"
"""What the answers are about: a dump of a release that is out does not change, so neither do they."""
_SIGNED_UID = "6f1c2f0e-0000-4000-8000-000000000002"
_WEBHOOK = {"methods": ["POST"], "security": "required"}

Answers = dict[str, bytes]
"""By `group/name`."""


async def collect(server: Server) -> Answers:
    """All answers."""
    answers: Answers = {}
    for group, exchanges in GROUPS.items():
        with server.database(template=None) as dsn:
            restore(dsn, DUMP)
            await migrate(dsn, DAY, days=DAYS_AHEAD)
            async with _standing(group, dsn) as stand:
                ids: list[str] = []
                for exchange in exchanges:
                    answer = await _asked(
                        stand, exchange, ids, port=stand.health_port if group.startswith("probes") else stand.port
                    )
                    ids += [each for each in _accepted(answer) if each not in ids]
                    answers[f"{group}/{exchange.name}"] = _stable(answer, exchange, ids)
    return answers


@asynccontextmanager
async def _standing(group: str, dsn: str) -> AsyncIterator[Stand]:
    is_away = group.endswith("database-away")
    async with standing(None if is_away else dsn, ready=not is_away) as stand:
        if is_away:
            await until(lambda: len(stand.gateway.health.missing()) == 1)
        _admit(stand)
        stand.serve(*_flows())
        stand.cluster.seed(SECRETS, _signing_secret())
        await until(lambda: stand.gateway.keys.signature(_SIGNED_UID))
        await until(lambda: len(stand.gateway.flows) == len(_flows()))
        if group == "cluster-away":
            stand.cluster.failure = ClusterUnavailable("no answer")
        yield stand


def _admit(stand: Stand) -> None:
    """Who asks, with what rights: `viewer`, `insider` and `admin` see ever more, `stranger` nothing."""
    cluster = stand.cluster
    cluster.tokens |= {user: Caller(user=user) for user in ("viewer", "insider", "admin", "stranger")}
    for user, namespace in (("viewer", TENANT), ("insider", TENANT), ("admin", "")):
        cluster.rights |= {(user, namespace, verb, "executions") for verb in ("get", "list")}
    cluster.rights |= {("insider", TENANT, "get", "executions/data"), ("admin", "", "get", "executions/data")}


def _flows() -> list[dict[str, Any]]:
    """What is deployed; `importOrder` is the flow of the recorded executions."""
    return [
        _flow("importOrder"),
        _flow("poll", trigger="schedule", webhook=None),
        _flow("open", webhook={**_WEBHOOK, "security": "none"}),
        _flow("optional", webhook={**_WEBHOOK, "security": "optional"}),
        _flow("read", webhook={**_WEBHOOK, "methods": ["POST", "GET"]}),
        _flow("waiting", paused=True, whenPaused="queue"),
        _flow("paused", paused=True),
        _flow("few", concurrency={"limit": 1, "whenFull": "reject"}),
        _flow("audit", deduplicateBy={"value": "${trigger.body.id}", "windowSeconds": 60}),
        _flow("importOrder", instance="signed-orders", instanceUid=_SIGNED_UID),
        _flow("importOrder", instance="new-orders", instanceUid="6f1c2f0e-0000-4000-8000-000000000003"),
    ]


def _flow(name: str, **changes: Any) -> dict[str, Any]:
    made = flow(name, **{"webhook": _WEBHOOK, **changes})
    if name == "importOrder" and "instance" not in changes:
        made["metadata"]["uid"] = "11111111-0000-4000-8000-000000000001"  # as in the dump
    return made


def _signing_secret() -> dict[str, Any]:
    described = {"preset": "github", "key": base64.b64encode(SIGNING_SECRET).decode()}
    secret = key_secret({_SIGNED_UID: mirrored(KEY, signature=described)})
    others = key_secret({INSTANCE_UID: mirrored(KEY)})
    if secret["metadata"]["name"] == others["metadata"]["name"]:
        secret["data"] |= others["data"]
    return secret


async def _asked(stand: Stand, exchange: Exchange, ids: Sequence[str], *, port: int) -> bytes:
    message = exchange.message()
    return await stand.raw(
        message.replace(EXECUTION.encode(), ids[-1].encode()) if EXECUTION.encode() in message else message, port=port
    )


def _accepted(answer: bytes) -> list[str]:
    """The id of an execution that was accepted now; those of the dump are the same each time."""
    found = re.search(rb"^penstock-execution-id: (\S+)\r$", answer, re.MULTILINE)
    return [found[1].decode()] if found and found[1] not in DUMP.read_bytes() else []


def _stable(answer: bytes, exchange: Exchange, ids: Sequence[str]) -> bytes:
    """An answer without what is another each time."""
    head, separator, body = answer.partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"date:")]
    if exchange.name in ("openapi", "metrics"):
        lines = [line for line in lines if not line.lower().startswith(b"content-length:")]
        body = _document(body) if exchange.name == "openapi" else _descriptions(body)
    stable = b"\n".join(lines) + separator.replace(b"\r", b"") + body
    if EXECUTION in exchange.target:
        stable = re.sub(rb'("startedAt":)"[^"]*"', rb'\1"<time>"', stable)
    for number, identifier in enumerate(ids, 1):
        stable = stable.replace(identifier.encode(), b"<execution %d>" % number)
    return stable


def _document(body: bytes) -> bytes:
    version = f'"version":{json.dumps(__version__)}'.encode()
    assert version in body
    return body.replace(version, b'"version":"<version>"')


def _descriptions(body: bytes) -> bytes:
    return b"".join(line for line in body.splitlines(keepends=True) if line.startswith(b"#"))


def path_of(name: str) -> Path:
    """The file of an answer."""
    return RECORDED / f"{name}.http"


def main() -> None:
    """Write all answers, and remove those that are no longer asked for."""
    with server() as running:
        answers = asyncio.run(collect(running))
    shutil.rmtree(RECORDED, ignore_errors=True)
    for name, answer in answers.items():
        path_of(name).parent.mkdir(parents=True, exist_ok=True)
        path_of(name).write_bytes(answer)


if __name__ == "__main__":
    main()
