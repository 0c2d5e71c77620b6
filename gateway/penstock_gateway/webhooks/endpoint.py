"""The webhook: `{METHOD} /hooks/{namespace}/{instance}/{flow}[/{path…}]`, as a plain ASGI application.

No framework between the socket and the decision: this is the path whose throughput is promised. The checks, in this order:

1. 413  the body is too large by its Content-Length
2. 401  key and signature are missing or wrong, or there is no such flow: all of them in the same words, see `authentication`;
        answered before the body, but for what claims to be signed
3. 404  there is no such flow, or it is not one that a webhook starts, for who has a key of the instance
4. 405, 415  the method is not one of the flow's, the Content-Encoding not one that is understood
5. 503  the namespace has its share of what is in progress, or of the memory for bodies
6. 408, 413  the body comes too slowly, or is too large while it streams in
7. 401  the signature does not fit the body
8. 400, 413  the body or the query does not parse, or the body is too large when it is decoded
9. 422, or the repeated 202  the same delivery came before
10. 503  the instance is paused and rejects
11. 429  the flow is at its limit and rejects
12. 202  the execution is durable; also that of a value whose execution failed, where `deduplicateBy` wants another try
"""

import logging
import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from penstock_core.errors import StoreError, StoreUnavailable
from penstock_core.executions.states import ExecutionState
from penstock_core.store.executions.model import Full, Repeated
from penstock_gateway import problems
from penstock_gateway.acceptance.acceptor import Acceptor, Prepared
from penstock_gateway.asgi import Answer, Receive, Scope, Send, respond
from penstock_gateway.flows import FlowTable, ServedFlow
from penstock_gateway.metrics import Metrics
from penstock_gateway.problems import Disconnected, Problem
from penstock_gateway.shares import Shares
from penstock_gateway.webhooks.apart import apart
from penstock_gateway.webhooks.authentication import (
    Admitted,
    Authentication,
    Cause,
    Refused,
    Signed,
    is_signed,
    not_admitted,
)
from penstock_gateway.webhooks.decoding import applied_encodings, decode, place_for
from penstock_gateway.webhooks.intake import Intake
from penstock_gateway.webhooks.refusals import Refusals
from penstock_gateway.webhooks.request_data import Request, path_text, prepare

PREFIX: Final = "/hooks/"
OFF_LOOP_BYTES: Final = 256 * 1024
"""Bodies above this are parsed and packed in a thread."""
REQUESTS: Final = 1_000
"""In progress at one time, as many as there may be connections; shared out by namespace."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    """A request to a flow without its body; `path` is what follows the flow's name."""

    flow: ServedFlow
    method: str
    path: str
    query_string: bytes
    headers: list[tuple[bytes, bytes]]
    lookup: dict[bytes, bytes]
    warnings: tuple[str, ...] = ()

    def admissible(self) -> tuple[str, ...]:
        """What the body is encoded with; raises the 405 and the 415, which only who is admitted may see."""
        _check_method(self.flow, self.method)
        return applied_encodings(self.headers)


class Webhooks:
    """The ASGI application below `/hooks/`."""

    def __init__(
        self,
        *,
        flows: FlowTable,
        authentication: Authentication,
        acceptor: Acceptor,
        intake: Intake,
        refusals: Refusals,
        parsers: Executor,
        metrics: Metrics,
        public_url: str,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._flows = flows
        self._authentication = authentication
        self._acceptor = acceptor
        self._intake = intake
        self._requests = Shares(REQUESTS)
        self._refusals = refusals
        self._parsers = parsers
        self._metrics = metrics
        self._executions_url = f"{public_url}/api/v1/executions/"
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        since = self._clock()
        result = "failed"
        answer: Answer
        try:
            answer, result = await self._answer(scope, receive)
        except Problem as problem:
            answer = problem.render()
            result = "unavailable" if problem.kind.status >= 500 and problem.kind is not problems.PAUSED else "rejected"
        except StoreUnavailable:
            answer = problems.database_unavailable().render()
            result = "unavailable"
        except Disconnected:
            result = "disconnected"
            return
        except Exception:  # noqa: BLE001 - the outermost edge: every request has an answer
            _log.exception("webhook failed", extra={"path": scope["path"][:200]})
            answer = problems.defect().render()
        finally:
            self._metrics.webhooks[result].inc()
            self._metrics.webhook_seconds.observe(self._clock() - since)
        await respond(send, answer, receive=receive)

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[Answer, str]:
        headers = scope["headers"]
        lookup = dict(reversed(headers))
        length = self._intake.length(lookup)
        flow = await self._admissible(scope["path"], lookup, receive)
        judged = self._authentication.judge(flow, lookup)
        if isinstance(judged, Refused):
            raise await self._refused(judged, receive, lookup, flow=flow, path=scope["path"])
        path, warnings = path_text(scope["path"], scope["raw_path"])
        call = _Call(
            flow=flow,
            method=scope["method"],
            path=path,
            query_string=scope["query_string"],
            headers=headers,
            lookup=lookup,
            warnings=warnings,
        )
        if isinstance(judged, Admitted):
            call.admissible()
        namespace = flow.identity.namespace
        if not self._requests.take(namespace, 1):
            raise _crowded()
        try:
            return await self._take(call, judged, receive, length)
        finally:
            self._requests.give(namespace, 1)

    async def _admissible(self, path: str, lookup: dict[bytes, bytes], receive: Receive) -> ServedFlow:
        """The flow that a path leads to; raises the 404 for who may know, else the 401."""
        parts = path.split("/", 5)
        if len(parts) < 5:
            raise _no_such_webhook()
        flow = self._flows.named(parts[2], parts[3], parts[4])
        if flow is not None and flow.webhook:
            return flow
        if self._authentication.knows(self._flows.instance_uid(parts[2], parts[3]), lookup):
            raise _no_such_webhook()
        raise await self._refused(Refused(cause=Cause.NO_SUCH_FLOW), receive, lookup, flow=None, path=path)

    async def _refused(
        self, refused: Refused, receive: Receive, lookup: dict[bytes, bytes], *, flow: ServedFlow | None, path: str
    ) -> Problem:
        """The 401; to who claims to have signed it comes after the body, as if a signature had been checked."""
        self._refusals.note(refused.cause, flow=flow, path=path)
        if is_signed(lookup):
            await self._intake.measure(receive, update=refused.check.update)
        return not_admitted()

    async def _take(
        self, call: "_Call", judged: Admitted | Signed, receive: Receive, length: int | None
    ) -> tuple[Answer, str]:
        """Read the body of a request that may pass, and store what it asks for."""
        update = judged.check.update if isinstance(judged, Signed) else None
        if b"content-encoding" in call.lookup:
            length = place_for(length, limit=self._intake.body_limit)
        body = await self._intake.read(receive, namespace=call.flow.identity.namespace, length=length, update=update)
        try:
            admitted = judged.judge() if isinstance(judged, Signed) else judged
            if isinstance(admitted, Refused):
                self._refusals.note(admitted.cause, flow=call.flow, path="")
                raise not_admitted()
            if applied := call.admissible():
                await decode(body, applied, intake=self._intake, parsers=self._parsers)
            prepared = await self._prepared(call, admitted, body.raw, is_decoded=bool(applied))
            body.drop()
            return await self._accept(call.flow, prepared)
        finally:
            body.release()

    async def _prepared(self, call: "_Call", admitted: Admitted, raw: bytes, *, is_decoded: bool) -> Prepared:
        request = Request(
            method=call.method,
            path=call.path,
            query_string=call.query_string,
            headers=call.headers,
            lookup=call.lookup,
            raw=raw,
            is_decoded=is_decoded,
            how=call.flow.parse,
            warnings=call.warnings,
            signature_headers=self._authentication.signature_headers(call.flow),
            proof=admitted.proof,
        )
        if len(raw) <= OFF_LOOP_BYTES:
            return prepare(request, call.flow.deduplication)
        return await apart(self._parsers, prepare, request, call.flow.deduplication)

    async def _accept(self, flow: ServedFlow, prepared: Prepared) -> tuple[Answer, str]:
        if flow.rejects and prepared.idempotency is None and prepared.guard is None:
            raise _paused(flow)
        try:
            outcome = await self._acceptor.accept(flow, prepared)
        except StoreUnavailable:
            raise
        except StoreError as error:
            identity = flow.identity
            extra = {"namespace": identity.namespace, "instance": identity.instance, "flow": identity.flow}
            _log.exception("the database refused an acceptance", extra=extra)
            raise problems.defect() from error
        if isinstance(outcome, Full):
            raise _paused(flow) if flow.rejects else _at_limit(flow)
        if isinstance(outcome, Repeated):
            if not outcome.same_body and prepared.idempotency and prepared.idempotency.kind == "idempotency-key":
                raise _key_reused(outcome)
            return self._accepted(outcome.id, outcome.state, replayed=True), "repeated"
        return self._accepted(outcome.id, outcome.state, repeat_of=outcome.repeat_of), "accepted"

    def _accepted(
        self, execution: UUID, state: ExecutionState, *, replayed: bool = False, repeat_of: UUID | None = None
    ) -> Answer:
        identifier = str(execution)
        url = self._executions_url + identifier
        # users see an execution that waits for its Job as queued
        status = "queued" if state is ExecutionState.STARTING else state.value
        failed = f',"repeatOf":"{repeat_of}"' if repeat_of else ""
        content = f'{{"executionId":"{identifier}","status":"{status}","url":"{url}"{failed}}}'.encode()
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(content)),
            (b"location", url.encode()),
            (b"penstock-execution-id", identifier.encode()),
        ]
        if replayed:
            headers.append((b"idempotency-replayed", b"true"))
        return 202, headers, content


def _no_such_webhook() -> Problem:
    return Problem(
        problems.NO_SUCH_WEBHOOK,
        "Nothing is deployed at this URL. Compare namespace, instance and flow, upper and lower case included,"
        " with `kubectl get flows -A`.",
    )


def _crowded() -> Problem:
    return Problem(
        problems.OVERLOADED,
        "The namespace has as many requests in progress as it may. Send the request again later.",
        headers=[("connection", "close")],
    )


def _check_method(flow: ServedFlow, method: str) -> None:
    """Raises the 405."""
    if method in flow.methods:
        return
    allowed = ", ".join(sorted(flow.methods))
    detail = (
        f"This webhook takes {allowed}, not {method}. The integration's flow lists them in trigger.webhook.methods."
    )
    raise Problem(problems.METHOD_NOT_ALLOWED, detail, headers=[("Allow", allowed)])


def _paused(flow: ServedFlow) -> Problem:
    return Problem(
        problems.PAUSED,
        f"{flow.identity.instance} does not accept requests now. Send the request again later; `whenPaused: queue` in the Instance would keep it.",
    )


def _at_limit(flow: ServedFlow) -> Problem:
    return Problem(
        problems.AT_LIMIT,
        f"{flow.limit} executions of {flow.identity.flow} are in progress, and it rejects more. Send the request again later.",
    )


def _key_reused(first: Repeated) -> Problem:
    return Problem(
        problems.KEY_REUSED,
        f"Execution {first.id} was accepted under this Idempotency-Key with another body. Use a new key for new data.",
        members={"executionId": str(first.id)},
    )
