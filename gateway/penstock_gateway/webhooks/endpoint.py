"""The webhook: `{METHOD} /hooks/{namespace}/{instance}/{flow}[/{path…}]`, as a plain ASGI application.

No framework between the socket and the decision: this is the path whose throughput is promised. The checks, in this order:

1. 404  there is no such flow, or it is not one that a webhook starts
2. 405  the method is not one of the flow's
3. 413  the body is too large: by Content-Length before anything is read, else while it streams in
4. 401  key and signature are missing or wrong; a body is kept only while it may still authenticate its caller
5. 400  the body or the query does not parse
6. 422, or the repeated 202  the same idempotency key came before
7. 503  the instance is paused and rejects
8. 429  the flow is at its limit and rejects
9. 202  the execution is durable
"""

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Final
from uuid import UUID

from penstock_core.errors import StoreError, StoreUnavailable
from penstock_core.states import ExecutionState
from penstock_core.store.executions.model import Full, Repeated
from penstock_gateway import problems
from penstock_gateway.acceptance.acceptor import Acceptor, Prepared
from penstock_gateway.asgi import Answer, Receive, Scope, Send, respond
from penstock_gateway.flows import FlowTable, ServedFlow
from penstock_gateway.metrics import Metrics
from penstock_gateway.problems import Disconnected, Problem
from penstock_gateway.webhooks.authentication import Authentication, Signed
from penstock_gateway.webhooks.intake import Intake
from penstock_gateway.webhooks.request_data import Request, prepare

PREFIX: Final = "/hooks/"
OFF_LOOP_BYTES: Final = 256 * 1024
"""Bodies above this are parsed and packed in a thread."""
_log = logging.getLogger(__name__)


class Webhooks:
    """The ASGI application below `/hooks/`."""

    def __init__(
        self,
        *,
        flows: FlowTable,
        authentication: Authentication,
        acceptor: Acceptor,
        intake: Intake,
        parsers: Executor,
        metrics: Metrics,
        public_url: str,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._flows = flows
        self._authentication = authentication
        self._acceptor = acceptor
        self._intake = intake
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
        flow, rest = self._find(scope["path"])
        method = scope["method"]
        if method not in flow.methods:
            raise _method_not_allowed(flow, method)
        headers = scope["headers"]
        lookup = dict(reversed(headers))
        self._intake.check_length(lookup)
        judged = self._authentication.judge(flow, lookup)
        body = await self._intake.read(receive, keep=not isinstance(judged, Problem))
        try:
            if isinstance(judged, Problem):
                raise judged
            if judged is not None:
                await self._verify(judged, body.raw)
            request = Request(
                method=method,
                path=rest,
                query_string=scope["query_string"],
                headers=headers,
                lookup=lookup,
                raw=body.raw,
                signature_header=self._authentication.signature_header(flow),
            )
            return await self._accept(flow, await self._prepare(request, flow))
        finally:
            body.release()

    def _find(self, path: str) -> tuple[ServedFlow, str]:
        parts = path.split("/", 5)
        flow = self._flows.named(parts[2], parts[3], parts[4]) if len(parts) > 4 else None
        if flow is None or not flow.webhook:
            raise Problem(
                problems.NO_SUCH_WEBHOOK,
                "Nothing is deployed at this URL. Compare namespace, instance and flow, upper and lower case included,"
                " with `kubectl get flows -A`.",
            )
        return flow, parts[5] if len(parts) > 5 else ""

    async def _verify(self, signed: Signed, raw: bytes) -> None:
        """Raises the 401 where the signature does not fit the body."""
        if len(raw) <= OFF_LOOP_BYTES:
            problem = signed.check(raw)
        else:
            problem = await asyncio.get_running_loop().run_in_executor(self._parsers, signed.check, raw)
        if problem is not None:
            raise problem

    async def _prepare(self, request: Request, flow: ServedFlow) -> Prepared:
        if len(request.raw) <= OFF_LOOP_BYTES:
            return prepare(request, flow.deduplication)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._parsers, prepare, request, flow.deduplication)

    async def _accept(self, flow: ServedFlow, prepared: Prepared) -> tuple[Answer, str]:
        if flow.rejects and prepared.idempotency is None:
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
        return self._accepted(outcome.id, outcome.state), "accepted"

    def _accepted(self, execution: UUID, state: ExecutionState, *, replayed: bool = False) -> Answer:
        identifier = str(execution)
        url = self._executions_url + identifier
        # users see an execution that waits for its Job as queued
        status = "queued" if state is ExecutionState.STARTING else state.value
        content = f'{{"executionId":"{identifier}","status":"{status}","url":"{url}"}}'.encode()
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(content)),
            (b"location", url.encode()),
            (b"penstock-execution-id", identifier.encode()),
        ]
        if replayed:
            headers.append((b"idempotency-replayed", b"true"))
        return 202, headers, content


def _method_not_allowed(flow: ServedFlow, method: str) -> Problem:
    allowed = ", ".join(sorted(flow.methods))
    detail = (
        f"This webhook takes {allowed}, not {method}. The integration's flow lists them in trigger.webhook.methods."
    )
    return Problem(problems.METHOD_NOT_ALLOWED, detail, headers=[("Allow", allowed)])


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
