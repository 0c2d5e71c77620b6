"""One active replica: a Lease held by renewing it, with a time limit on every call.

The holder renews every 2 s. A replica that could not renew for 10 s gives up by itself, 5 s before another may take over:
so two never act at once, even when the API server or this process stands still.
The spare watches the record change on its own clock: clocks of two machines are never compared.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Any, Final

from penstock_core.cluster import LEASES, Cluster
from penstock_core.errors import ClusterError, Conflict, NotFound
from penstock_operator.errors import LeaseLostError

log = logging.getLogger(__name__)

LEASE_SECONDS: Final = 15
GIVE_UP_SECONDS: Final = 10.0
RENEW_SECONDS: Final = 2.0
CALL_SECONDS: Final = 4.0


class LeaseHolder:
    """Competes for the Lease `name` in `namespace` under the name `holder`.

    `monotonic` is a clock in seconds, `sleep` waits so many of them, `timeout` bounds what is done inside of it.
    """

    def __init__(
        self,
        cluster: Cluster,
        *,
        namespace: str,
        name: str,
        holder: str,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        timeout: Callable[[float], AbstractAsyncContextManager[object]] = asyncio.timeout,
    ) -> None:
        self._cluster = cluster
        self._namespace = namespace
        self._name = name
        self._holder = holder
        self._monotonic = monotonic
        self._sleep = sleep
        self._timeout = timeout
        self._seen: tuple[Any, float] = (None, monotonic())
        self._renewed = 0.0
        self.held = False
        self.predecessor_seen: datetime | None = None
        """When the process before us renewed last, by its own clock; None where there was none."""

    async def acquire(self) -> None:
        """Waits until the Lease is ours."""
        log.info("waiting for the lease", extra={"lease": self._name, "holder": self._holder})
        while not await self._try_once():
            await self._sleep(RENEW_SECONDS)
        self.held = True
        log.info("lease acquired", extra={"lease": self._name, "holder": self._holder})

    async def keep(self) -> None:
        """Renews until cancelled; raises LeaseLostError when another holder is seen or no renewal came through in time."""
        while True:
            await self._sleep(max(0.0, min(RENEW_SECONDS, self._left())))
            if not await self._try_once() and self._left() <= 0:
                self.held = False
                raise LeaseLostError(f"the lease {self._name} could not be renewed for {GIVE_UP_SECONDS:.0f} s")

    def _left(self) -> float:
        """Seconds until the Lease must be given up; the clock starts before the renewal that succeeded last was sent."""
        return self._renewed + GIVE_UP_SECONDS - self._monotonic()

    async def release(self) -> None:
        """Gives the Lease back, so that the spare takes over at once; an unreachable API server is no obstacle."""
        if not self.held:
            return
        self.held = False
        try:
            async with self._timeout(CALL_SECONDS):
                lease = await self._cluster.get(LEASES, self._namespace, self._name)
                if lease["spec"].get("holderIdentity") == self._holder:
                    await self._replace(lease, {"holderIdentity": "", "leaseDurationSeconds": 1})
        except (ClusterError, TimeoutError) as error:
            log.warning("lease not released", extra={"lease": self._name, "cause": str(error)})
        else:
            log.info("lease released", extra={"lease": self._name, "holder": self._holder})

    async def _try_once(self) -> bool:
        """One attempt to take or renew the Lease; True where it is ours now."""
        try:
            async with self._timeout(min(CALL_SECONDS, self._left()) if self.held else CALL_SECONDS):
                return await self._take_or_renew()
        except Conflict:
            return False
        except (ClusterError, TimeoutError) as error:
            log.warning("lease not reachable", extra={"lease": self._name, "cause": str(error) or "timed out"})
            return False

    async def _take_or_renew(self) -> bool:
        started = self._monotonic()
        try:
            lease = await self._cluster.get(LEASES, self._namespace, self._name)
        except NotFound:
            await self._cluster.create(LEASES, self._namespace, self._new())
            self._renewed = started
            return True
        spec = lease.get("spec", {})
        ours = spec.get("holderIdentity") == self._holder
        if self.held and not ours:
            self.held = False
            raise LeaseLostError(f"the lease {self._name} is held by {spec.get('holderIdentity') or 'nobody'} now")
        if not ours and not self._expired(spec):
            return False
        # a container that restarts finds the name of its pod there: what it holds then is another process's
        if not self.held and spec.get("renewTime") and not (ours and self.predecessor_seen):
            self.predecessor_seen = datetime.fromisoformat(spec["renewTime"])
        await self._replace(lease, self._record(spec, taking=not ours))
        self._renewed = started
        return True

    def _expired(self, spec: dict[str, Any]) -> bool:
        """True where nobody holds it, or its record has not changed for its duration, counted from when we first saw it so."""
        if not spec.get("holderIdentity"):
            return True
        record = (spec["holderIdentity"], spec.get("renewTime"))
        if record != self._seen[0]:
            self._seen = (record, self._monotonic())
        return self._monotonic() - self._seen[1] > float(spec.get("leaseDurationSeconds") or LEASE_SECONDS)

    def _record(self, spec: dict[str, Any], *, taking: bool) -> dict[str, Any]:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        record: dict[str, Any] = {
            "holderIdentity": self._holder,
            "leaseDurationSeconds": LEASE_SECONDS,
            "renewTime": now,
        }
        if taking:
            record |= {"acquireTime": now, "leaseTransitions": int(spec.get("leaseTransitions") or 0) + 1}
        return record

    async def _replace(self, lease: dict[str, Any], record: dict[str, Any]) -> None:
        # the resource version makes it compare-and-swap: of two that try, one gets a Conflict
        version = lease["metadata"]["resourceVersion"]
        body = {"metadata": {"resourceVersion": version}, "spec": record}
        await self._cluster.patch(LEASES, self._namespace, self._name, body)

    def _new(self) -> dict[str, Any]:
        return {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": self._name, "namespace": self._namespace},
            "spec": self._record({}, taking=True),
        }
