"""Who may read what: Kubernetes decides, by TokenReview and SubjectAccessReview on virtual resources of `penstock.dev`.

Answers are kept for a short while: a dashboard that polls must not load the API server, and a revoked right must end soon.
"""

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from penstock_core.cluster import Caller, Cluster
from penstock_core.errors import ClusterError
from penstock_gateway.errors import CLUSTER_UNAVAILABLE, NOT_PERMITTED, TOKEN_REFUSED, TOKEN_REQUIRED, Problem

ALLOWED_SECONDS: Final = 30.0
REFUSED_SECONDS: Final = 5.0
"""Shorter, so that who was just given a right does not wait for it."""
ENTRIES: Final = 10_000
_CHALLENGE: Final = [("WWW-Authenticate", 'Bearer realm="kubernetes"')]
_PARALLEL: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """One permission: `subresource` "data" is trigger data and the inputs and outputs of steps."""

    verb: str
    resource: str = "executions"
    subresource: str = ""

    def __str__(self) -> str:
        path = f"{self.resource}/{self.subresource}" if self.subresource else self.resource
        return f"{self.verb} on {path}.penstock.dev"


LIST: Final = Right(verb="list")
GET: Final = Right(verb="get")
GET_DATA: Final = Right(verb="get", subresource="data")


class Answers:
    """Values with an end, at most `ENTRIES` of them, the oldest leave first."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._kept: dict[Hashable, tuple[float, Any]] = {}

    async def recall(self, key: Hashable, ask: Callable[[], Awaitable[Any]]) -> Any:
        """The kept value, else what `ask` answers; what is false is kept for a shorter time."""
        found = self._kept.get(key)
        if found is not None and found[0] > self._clock():
            return found[1]
        value = await ask()
        self._kept.pop(key, None)
        if len(self._kept) >= ENTRIES:
            del self._kept[next(iter(self._kept))]
        self._kept[key] = (self._clock() + (ALLOWED_SECONDS if value else REFUSED_SECONDS), value)
        return value


class Access:
    """Asks the API server, and remembers."""

    def __init__(self, cluster: Cluster, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._cluster = cluster
        self._tokens = Answers(clock)
        self._rights = Answers(clock)
        self._parallel = asyncio.Semaphore(_PARALLEL)

    async def caller(self, authorization: str | None) -> Caller:
        """Whose token the header carries; raises the 401."""
        scheme, _, token = (authorization or "").partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            detail = "Send a Kubernetes token as `Authorization: Bearer …`; `kubectl create token <service account>` makes one."
            raise Problem(TOKEN_REQUIRED, detail, headers=_CHALLENGE)
        digest = hashlib.sha256(token.encode()).digest()
        caller: Caller | None = await self._tokens.recall(digest, lambda: self._review_token(token))
        if caller is None:
            detail = (
                "The API server does not know this token, or it has expired. Get a new one with `kubectl create token`."
            )
            raise Problem(TOKEN_REFUSED, detail, headers=_CHALLENGE)
        return caller

    async def may(self, caller: Caller, right: Right, namespace: str) -> bool:
        """Whether the caller has the right in a namespace; "" asks for all namespaces at once."""
        key = (caller.user, caller.uid, caller.groups, str(caller.extra), right, namespace)
        allowed: bool = await self._rights.recall(key, lambda: self._review(caller, right, namespace))
        return allowed

    async def require(self, caller: Caller, right: Right, namespace: str) -> None:
        """Raise the 403 that names the missing right."""
        if not await self.may(caller, right, namespace):
            raise not_permitted(caller, right, namespace)

    async def allowed_namespaces(self, caller: Caller, right: Right, known: Iterable[str]) -> tuple[str, ...] | None:
        """Those of the known namespaces in which the caller has the right; None where it has it everywhere."""
        if await self.may(caller, right, ""):
            return None
        namespaces = sorted(known)
        answers = await asyncio.gather(*(self.may(caller, right, namespace) for namespace in namespaces))
        return tuple(name for name, allowed in zip(namespaces, answers, strict=True) if allowed)

    async def _review_token(self, token: str) -> Caller | None:
        try:
            return await self._cluster.review_token(token)
        except ClusterError as error:
            raise _unavailable() from error

    async def _review(self, caller: Caller, right: Right, namespace: str) -> bool:
        try:
            async with self._parallel:
                return await self._cluster.review_access(
                    caller,
                    namespace=namespace,
                    verb=right.verb,
                    resource=right.resource,
                    subresource=right.subresource,
                )
        except ClusterError as error:
            raise _unavailable() from error


def not_permitted(caller: Caller, right: Right, namespace: str) -> Problem:
    """The 403."""
    where = f"the namespace {namespace}" if namespace else "any namespace"
    return Problem(
        NOT_PERMITTED,
        f"{caller.user} lacks the permission {right} in {where}. Ask for a role that has it, as"
        f" {'penstock-operator' if right.subresource else 'penstock-viewer'}, in a RoleBinding there.",
    )


def _unavailable() -> Problem:
    return Problem(CLUSTER_UNAVAILABLE, "The Kubernetes API server did not answer. Send the request again.")
