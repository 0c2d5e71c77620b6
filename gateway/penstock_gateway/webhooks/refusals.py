"""Who was refused and why, for the owner: callers hear nothing of it. A metric counts all, the log has one of a kind a minute."""

import logging
import time
from collections.abc import Callable
from typing import Final

from penstock_gateway.flows import FlowTable, ServedFlow
from penstock_gateway.metrics import Metrics
from penstock_gateway.webhooks.authentication import Cause

LOG_SECONDS: Final = 60.0
KINDS: Final = 10_000
"""Kinds of refusals, a flow and a cause each, that are told apart."""
_PATH: Final = 200
_log = logging.getLogger(__name__)


class Refusals:
    """Notes refusals; `clock` in seconds."""

    def __init__(self, flows: FlowTable, metrics: Metrics, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._flows = flows
        self._metrics = metrics
        self._clock = clock
        self._logged: dict[tuple[str, Cause], float] = {}

    def note(self, cause: Cause, *, flow: ServedFlow | None, path: str) -> None:
        """One refused request; of paths that lead nowhere, those below one namespace are of one kind."""
        self._metrics.refusals[cause].inc()
        kind = (flow.identity.flow_uid if flow else self._namespace(path), cause)
        now = self._clock()
        if self._logged.get(kind, -LOG_SECONDS) + LOG_SECONDS > now:
            return
        if len(self._logged) >= KINDS:
            self._logged.clear()
        self._logged[kind] = now
        extra = {"cause": cause.value, "path": path[:_PATH]}
        if flow is not None:
            identity = flow.identity
            extra |= {"namespace": identity.namespace, "instance": identity.instance, "flow": identity.flow}
        _log.info("webhook refused", extra=extra)

    def _namespace(self, path: str) -> str:
        """The namespace that a path names, "" where nothing is deployed there: names are made up at will."""
        named = path.split("/", 3)[2]
        return named if self._flows.has_namespace(named) else ""
