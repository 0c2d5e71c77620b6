"""What Prometheus scrapes from the operator, in a registry of its own.

How to add a metric: a member made on the registry, and a method that says in the operator's words what happened.
"""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from penstock_core.executions.states import ExecutionState

LIVE_STATES = (ExecutionState.QUEUED, ExecutionState.STARTING, ExecutionState.RUNNING)


class Metrics:
    """One instance a process; every metric starts with `penstock_operator_` or `penstock_executions_`."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._reconciles = Histogram(
            "penstock_operator_reconcile_seconds",
            "Time of one reconciliation.",
            ["queue", "result"],
            registry=self.registry,
        )
        self._waiting = Gauge(
            "penstock_operator_queue_length", "Keys that wait for reconciliation.", ["queue"], registry=self.registry
        )
        self._leader = Gauge("penstock_operator_leader", "1 while this replica is active.", registry=self.registry)
        self._live = Gauge(
            "penstock_executions_live", "Executions that have not ended.", ["state"], registry=self.registry
        )
        self._oldest = Gauge(
            "penstock_executions_oldest_queued_seconds",
            "How long the oldest execution that is due has waited.",
            registry=self.registry,
        )
        self._lost = Counter(
            "penstock_executions_lost",
            "Executions that the operator ended because nobody else could.",
            ["cause"],
            registry=self.registry,
        )
        self._started = Counter(
            "penstock_executions_dispatched",
            "Executions that the operator started from the queue.",
            registry=self.registry,
        )
        self._missed = Counter(
            "penstock_ticks_missed", "Ticks of schedules that did not happen.", registry=self.registry
        )
        self._put_aside = Counter(
            "penstock_rows_put_aside",
            "Rows of the database that cannot be understood, by who reads them.",
            ["reader"],
            registry=self.registry,
        )
        self._sessions = Counter(
            "penstock_operator_sessions_ended",
            "Sessions of runners' roles that held a transaction for too long.",
            registry=self.registry,
        )
        self._leader.set(0)

    def reconciled(self, queue: str, succeeded: bool, seconds: float) -> None:
        """One reconciliation ended."""
        self._reconciles.labels(queue=queue, result="success" if succeeded else "retry").observe(seconds)

    def waiting(self, lengths: Mapping[str, int]) -> None:
        """Lengths of the queues."""
        for queue, length in lengths.items():
            self._waiting.labels(queue=queue).set(length)

    def leading(self, *, active: bool) -> None:
        """Whether this replica is the active one."""
        self._leader.set(int(active))

    def live(self, by_state: Mapping[ExecutionState, int], *, oldest_queued_seconds: float) -> None:
        """The load, as counted a moment ago."""
        for state in LIVE_STATES:
            self._live.labels(state=str(state)).set(by_state.get(state, 0))
        self._oldest.set(oldest_queued_seconds)

    def lost(self, cause: str) -> None:
        """An execution was ended from outside."""
        self._lost.labels(cause=cause).inc()

    def dispatched(self, count: int) -> None:
        """Executions were started from the queue."""
        self._started.inc(count)

    def missed(self, count: int) -> None:
        """Ticks were recorded as missed."""
        self._missed.inc(count)

    def put_aside(self, reader: str) -> None:
        """A row could not be understood."""
        self._put_aside.labels(reader=reader).inc()

    def sessions_ended(self, count: int) -> None:
        """Sessions of runners' roles were ended."""
        self._sessions.inc(count)

    def text(self) -> bytes:
        """The exposition format."""
        return generate_latest(self.registry)
