"""Runs a recipe of docs/cookbook as a user meets it, without a cluster.

The Instance is resolved and planned by the operator's own functions, requests are authenticated and prepared by the gateway's,
flows run in the engine with its real actions, and HTTP servers on the loopback stand for the customers' systems.
"""

import base64
import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from reference.recipes import KEY, Content, Received, Recipe, Run, Sent

from engine_stand import EXECUTION, MemoryRecorder, unpacked
from penstock_core import codec
from penstock_core.compiler import resolve_config
from penstock_core.executions.records import Outcome
from penstock_core.manifests.flow import flow as flow_manifest
from penstock_core.observed.content import Content as Declared
from penstock_core.observed.data import Secret
from penstock_core.observed.instance import Instance
from penstock_gateway.flows import ServedFlow, serve
from penstock_gateway.webhooks.authentication import Admitted, Authentication, Signed
from penstock_gateway.webhooks.keys import KeyTable
from penstock_gateway.webhooks.request_data import Request, prepare
from penstock_operator.instances.plan import plan
from penstock_operator.instances.references import connections as operator_connections
from penstock_operator.instances.references.webhook_credentials import credentials_of
from penstock_runner.actions.table import TABLE
from penstock_runner.engine.connections import connections
from penstock_runner.engine.flow_run import Engine, Execution
from penstock_runner.engine.interrupt import Interrupt
from penstock_runner.process.session import SystemClock
from web_server import Web

PUBLIC_URL: Final = "https://hooks.example.com"
WEBHOOK_KEY: Final = "cookbook-key-0123456789"
_UID: Final = "0190a000-0000-7000-8000-00000000c00c"


def body_of(content: Content, folder: Path) -> bytes:
    """The bytes of a body as a recipe has it."""
    if content.file is not None:
        return (folder / content.file).read_bytes()
    if content.json_ is not None:
        return json.dumps(content.json_, ensure_ascii=False).encode()
    return (content.body or "").encode()


def headers_of(content: Content) -> dict[str, str]:
    """The headers, with the content type that `json` implies."""
    implied = {"Content-Type": "application/json"} if content.json_ is not None else {}
    return implied | dict(content.headers)


class Impatient(Interrupt):
    """Waits of the flow (retries, sleep) end at once; their sum is kept, and the clock is ahead by it."""

    def __init__(self) -> None:
        super().__init__()
        self.waited = 0.0

    def wait(self, until: float) -> None:
        self.waited += max(0.0, until - SystemClock().monotonic() - self.waited)
        self.check()


@dataclass(frozen=True)
class AheadClock(SystemClock):
    """The machine's clock, ahead by what was not waited for."""

    interrupt: Impatient

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self.interrupt.waited)

    def monotonic(self) -> float:
        return super().monotonic() + self.interrupt.waited


@dataclass
class Systems:
    """The customers' systems: one server for each origin; what is awaited is answered, everything else with 404."""

    recipe: Recipe
    servers: dict[str, Web] = field(default_factory=dict)
    awaited: list[Received] = field(default_factory=list)
    arrived: list[tuple[Received | None, dict[str, Any]]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, origin: str) -> Web:
        web = self.servers[origin] = Web()
        web.answer = lambda request: self._answer(origin, request)
        return web

    def localised(self, text: str) -> str:
        """A text with the servers' addresses in place of the origins."""
        for origin, web in self.servers.items():
            text = text.replace(origin, web.url).replace(quote(origin, safe=""), quote(web.url, safe=""))
        return text

    def original(self, text: str) -> str:
        for origin, web in self.servers.items():
            text = text.replace(web.url, origin)
        return text

    def _answer(self, origin: str, request: dict[str, Any]) -> tuple[int, dict[str, Any], bytes]:
        with self._lock:
            expected = self._expected(origin, request)
            self.arrived.append((expected, {**request, "url": origin + request["path"]}))
        if expected is None:
            return 404, {"Content-Type": "text/plain"}, b"no recipe awaits this request"
        answer = expected.answer
        content = body_of(answer, self.recipe.folder)
        if answer.file is None:
            content = self.localised(content.decode()).encode()
        return answer.status, {name: self.localised(text) for name, text in headers_of(answer).items()}, content

    def _expected(self, origin: str, request: dict[str, Any]) -> Received | None:
        """The first awaited request of this method and URL; of several, one with the same body goes before."""
        fitting = [
            each for each in self.awaited if (each.method, each.url) == (request["method"], origin + request["path"])
        ]
        fitting.sort(key=lambda each: not self.same_body(each, request["body"]))
        if not fitting:
            return None
        self.awaited.remove(fitting[0])
        return fitting[0]

    def same_body(self, expected: Received, received: bytes) -> bool:
        return bool(self.shown_body(expected, received) == self.expected_body(expected))

    def shown_body(self, expected: Received, received: bytes) -> Any:
        """What arrived, in the form in which the recipe has it: JSON with sorted members, text, or bytes."""
        if expected.json_ is not None:
            try:
                return canonical(json.loads(self.original(received.decode())))
            except ValueError:
                return received
        return received if expected.file is not None else self.original(received.decode())

    def expected_body(self, expected: Received) -> Any:
        if expected.json_ is not None:
            return canonical(expected.json_)
        return body_of(expected, self.recipe.folder) if expected.file is not None else expected.body or ""


def canonical(value: Any) -> str:
    """A JSON value as text: 1, 1.0, true and "1" differ, the order of members does not."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, indent=1)


@dataclass
class Deployed:
    """An Instance as it would be deployed: Flow specs by name, values of connections, and who may call."""

    flows: Mapping[str, Mapping[str, Any]]
    served: Mapping[str, ServedFlow]
    fields: Mapping[str, Mapping[str, str]]
    keys: KeyTable


def deployed(recipe: Recipe) -> Deployed:
    """Resolve and plan, with the operator's own functions; problems are the recipe's faults."""
    objects = list(recipe.objects())
    [integration] = [each for each in objects if each["kind"] == "Integration"]
    [raw] = [each for each in objects if each["kind"] == "Instance"]
    instance = Instance.parse({**raw, "metadata": {"namespace": "acme", "uid": _UID, **raw["metadata"]}})
    content = Declared.parse(integration["spec"])
    secrets = {each["metadata"]["name"]: secret(each) for each in objects if each["kind"] == "Secret"}
    config, problems = resolve_config(content.variables, instance.config)
    found, more = operator_connections.resolve(content.connections, instance.connections, secret=secrets.get)
    credentials, others = credentials_of(instance, secret=secrets.get)
    assert [*problems, *more, *others] == []
    assert credentials is not None
    planned = plan(instance, content, config=config, connections=found, public_url=PUBLIC_URL)
    specs = {name: each.spec for name, each in planned.flows.items()}
    generated = (hashlib.sha256(WEBHOOK_KEY.encode()).hexdigest(),)
    mirrored = {
        "keys": credentials.digests or generated,
        **({"signature": credentials.signature} if credentials.signature else {}),
    }
    keys = KeyTable()
    keys.change(
        ("penstock-system", "hooks"), {"data": {_UID: base64.b64encode(json.dumps(mirrored).encode()).decode()}}
    )
    return Deployed(
        flows=specs,
        served={name: serve(flow_manifest(instance, spec, release="a.b")) for name, spec in specs.items()},
        fields={
            name: {key: base64.b64decode(secrets[one.secret_name].data[key]).decode() for key in one.declared.fields}
            for name, one in found.items()
        },
        keys=keys,
    )


def secret(raw: Mapping[str, Any]) -> Secret:
    data = {name: base64.b64encode(text.encode()).decode() for name, text in raw["stringData"].items()}
    return Secret.parse({"metadata": raw["metadata"], "data": data})


@dataclass
class Bench:
    """A deployed recipe and the systems around it."""

    recipe: Recipe
    deployed: Deployed
    systems: Systems
    identities: set[Any] = field(default_factory=set)
    recorder: MemoryRecorder = field(default_factory=MemoryRecorder)

    def trigger(self, run: Run) -> dict[str, Any] | None:
        """The trigger's data as the runner reads it; None where the delivery came before."""
        if run.send is None:
            assert run.tick is not None
            return {"startedAt": run.tick.isoformat().replace("+00:00", "Z")}
        prepared = self._prepared(run.flow, run.send)
        if prepared.idempotency is not None:
            identity = (run.flow, prepared.idempotency.kind, prepared.idempotency.key)
            if identity in self.identities:
                return None
            self.identities.add(identity)
        stored: dict[str, Any] = codec.unpack(prepared.payload)
        # addresses in a body lead to the servers, too; latin-1 keeps every byte
        return stored | {"rawBody": self.systems.localised(stored["rawBody"].decode("latin-1")).encode("latin-1")}

    def _prepared(self, flow: str, sent: Sent) -> Any:
        served = self.deployed.served[flow]
        raw = body_of(sent, self.recipe.folder)
        pairs = [
            (name.lower().encode(), text.replace(KEY, WEBHOOK_KEY).encode("latin-1"))
            for name, text in headers_of(sent).items()
        ]
        lookup = dict(reversed(pairs))
        now = (sent.at or datetime.now(UTC)).timestamp()
        judged = Authentication(self.deployed.keys, clock=lambda: now).judge(served, lookup)
        if isinstance(judged, Signed):
            judged.check.update(raw)
            judged = judged.judge()
        assert isinstance(judged, Admitted), f"the gateway refuses the request: {judged}"
        assert sent.method in served.methods
        path, _, query = sent.path.partition("?")
        request = Request(
            method=sent.method,
            path=path.lstrip("/"),
            query_string=query.encode(),
            headers=pairs,
            lookup=lookup,
            raw=raw,
            how=served.parse,
            signature_headers=Authentication(self.deployed.keys).signature_headers(served),
            proof=judged.proof,
        )
        return prepare(request, served.deduplication)

    def execute(self, flow: str, trigger: Mapping[str, Any]) -> Outcome:
        """Run the flow to its end."""
        written = json.dumps(self.deployed.flows[flow]["definition"])
        definition = json.loads(self.systems.localised(written))
        interrupt = Impatient()
        self.recorder = MemoryRecorder()
        engine = Engine(
            definition=codec.unpack(codec.pack(definition).data),
            trigger=trigger,
            execution=Execution(id=EXECUTION, started_at=datetime.now(UTC)),
            actions=TABLE,
            recorder=self.recorder,
            clock=AheadClock(interrupt),
            connections=connections(definition["connections"], self.deployed.fields),
            interrupt=interrupt,
        )
        return engine.run()

    def recorded(self) -> str:
        """All that the last execution left of values, as one text."""
        kept = (
            (each.input, each.output, each.extracted, each.assertions, each.error_details)
            for each in [*self.recorder.starts, *self.recorder.records]
        )
        words = [(each.error_message, each.warnings) for each in self.recorder.records]
        return repr(([[unpacked(value) for value in values] for values in kept], words, self.recorder.logs))


@contextmanager
def bench(recipe: Recipe) -> Iterator[Bench]:
    """A recipe, deployed, with its systems running."""
    systems = Systems(recipe)
    with ExitStack() as stack:
        for origin in recipe.systems:
            stack.callback(systems.start(origin).close)
        yield Bench(recipe=recipe, deployed=deployed(recipe), systems=systems)
