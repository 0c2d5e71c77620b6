"""Who may read what: Kubernetes decides, by TokenReview and SubjectAccessReview on virtual resources of `penstock.dev`.

A token is asked for that names the gateway as its audience: one that the gateway sees is worth nothing at the API server, and one
that is meant for that or another service opens nothing here, unless the release says that the API server's are accepted, too.

Reviews are kept for 30 s, see `remembered`. They share the API server, and the connections to it, with the creation of Jobs: so
few run at a time, and tokens that nobody knows have the fewest, since making them up needs no right at all.
"""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from penstock_core.cluster import Caller, Cluster
from penstock_core.errors import ClusterError
from penstock_gateway.api.remembered import ENTRIES, Answers
from penstock_gateway.problems import (
    CLUSTER_UNAVAILABLE,
    NOT_PERMITTED,
    OVERLOADED,
    TOKEN_REFUSED,
    TOKEN_REQUIRED,
    Problem,
)

ANSWER_SECONDS: Final = 5.0
"""For what one request asks at once; beyond it the caller gets a 503 that names the API server."""
_CHALLENGE: Final = [("WWW-Authenticate", 'Bearer realm="kubernetes"')]
_PARALLEL: Final = 16
"""Reviews of rights, and of tokens that were good before."""
_STRANGERS: Final = 8
"""Reviews of other tokens; who comes beyond does not wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """One permission: `subresource` "data" is trigger data and the inputs and outputs of steps, others are what may be done."""

    verb: str
    resource: str = "executions"
    subresource: str = ""

    def __str__(self) -> str:
        path = f"{self.resource}/{self.subresource}" if self.subresource else self.resource
        return f"{self.verb} on {path}.penstock.dev"


LIST: Final = Right(verb="list")
GET: Final = Right(verb="get")
GET_DATA: Final = Right(verb="get", subresource="data")
CANCEL: Final = Right(verb="create", subresource="cancel")


class Access:
    """Asks the API server, and remembers. `release` is `<namespace>.<name>`, with which the chart's ClusterRoles begin."""

    def __init__(
        self,
        cluster: Cluster,
        *,
        audience: str,
        release: str,
        accepts_cluster_tokens: bool = False,
        clock: Callable[[], float] = time.monotonic,
        answer_seconds: float = ANSWER_SECONDS,
        entries: int = ENTRIES,
    ) -> None:
        self._cluster = cluster
        self._audience = audience
        self._release = release
        self._accepts_cluster_tokens = accepts_cluster_tokens
        self._answer_seconds = answer_seconds
        self._tokens: Answers[Caller | None] = Answers(clock, entries=entries)
        self._rights: Answers[bool] = Answers(clock, entries=entries)
        self._parallel = asyncio.Semaphore(_PARALLEL)
        self._strangers = asyncio.Semaphore(_STRANGERS)

    async def caller(self, authorization: str | None) -> Caller:
        """Whose token the header carries; raises the 401, and the 503s."""
        scheme, _, token = (authorization or "").partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            detail = f"Send a Kubernetes token as `Authorization: Bearer …`; {self._way} makes one."
            raise Problem(TOKEN_REQUIRED, detail, headers=_CHALLENGE)
        digest = hashlib.sha256(token.encode()).digest()
        async with self._in_time():
            caller = await self._tokens.recall(digest, lambda: self._review_token(token, digest))
        if caller is None:
            detail = (
                f"The API server does not know this token, it has expired, or it is not meant for the audience {self._audience}."
                f" Get a new one with {self._way}."
            )
            raise Problem(TOKEN_REFUSED, detail, headers=_CHALLENGE)
        return caller

    async def may(self, caller: Caller, right: Right, namespace: str) -> bool:
        """Whether the caller has the right in a namespace; "" asks for all namespaces at once."""
        async with self._in_time():
            return await self._may(caller, right, namespace)

    async def require(self, caller: Caller, right: Right, namespace: str) -> None:
        """Raise the 403 that names the missing right."""
        if not await self.may(caller, right, namespace):
            raise self.not_permitted(caller, right, namespace)

    def not_permitted(self, caller: Caller, right: Right, namespace: str) -> Problem:
        """The 403: what is missing, the role that has it, and how it is given."""
        role = f"{self._release}-{'operator' if right.subresource else 'viewer'}"
        bind = f"`kubectl create rolebinding NAME --clusterrole={role} --user={caller.user} --namespace={namespace or 'NAMESPACE'}`"
        return Problem(
            NOT_PERMITTED,
            f"{caller.user} lacks the permission {right} in {f'the namespace {namespace}' if namespace else 'any namespace'}."
            f" The ClusterRole {role} has it, which the chart makes unless userRoles.create is false: {bind};"
            " it counts within 30 s.",
        )

    async def allowed_namespaces(self, caller: Caller, right: Right, known: Iterable[str]) -> frozenset[str]:
        """Those of the known namespaces in which the caller has the right; the first failure ends all the reviews."""
        namespaces = frozenset(known)
        if await self.may(caller, right, ""):
            return namespaces
        try:
            async with self._in_time(), asyncio.TaskGroup() as group:
                reviews = {name: group.create_task(self._may(caller, right, name)) for name in sorted(namespaces)}
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from failed
        return frozenset(name for name, review in reviews.items() if review.result())

    async def _may(self, caller: Caller, right: Right, namespace: str) -> bool:
        key = (caller.user, caller.uid, caller.groups, str(caller.extra), right, namespace)
        return await self._rights.recall(key, lambda: self._review(caller, right, namespace))

    async def _review_token(self, token: str, digest: bytes) -> Caller | None:
        room = self._parallel if self._tokens.was_granted(digest) else self._strangers
        if room is self._strangers and room.locked():
            raise Problem(OVERLOADED, "Many unknown tokens are being checked at this moment. Send the request again.")
        async with _asking(room):
            caller = await self._cluster.review_token(token, [self._audience])
            if caller is None and self._accepts_cluster_tokens:
                caller = await self._cluster.review_token(token)
            return caller

    @property
    def _way(self) -> str:
        """How somebody gets a token."""
        return f"`kubectl create token <service account> --audience={self._audience}`"

    async def _review(self, caller: Caller, right: Right, namespace: str) -> bool:
        async with _asking(self._parallel):
            return await self._cluster.review_access(
                caller,
                namespace=namespace,
                verb=right.verb,
                resource=right.resource,
                subresource=right.subresource,
            )

    @asynccontextmanager
    async def _in_time(self) -> AsyncIterator[None]:
        """Within the time for one request's reviews; raises the 503 beyond it."""
        try:
            async with asyncio.timeout(self._answer_seconds):
                yield
        except TimeoutError as error:
            raise _unavailable() from error


@asynccontextmanager
async def _asking(room: asyncio.Semaphore) -> AsyncIterator[None]:
    """One review of those that may run at a time; raises the 503 where the API server fails."""
    try:
        async with room:
            yield
    except ClusterError as error:
        raise _unavailable() from error


def _unavailable() -> Problem:
    return Problem(CLUSTER_UNAVAILABLE, "The Kubernetes API server did not answer in time. Send the request again.")
