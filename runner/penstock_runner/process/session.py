"""One execution from claim to final state: ties settings, store, engine and signals together.

1. claim the execution, or accept the tick and claim it; wait for a dead predecessor's lease and for the database
2. run the flow while the writer records it
3. write the final state, or hand over
"""

import gc
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from penstock_core.backoff import Backoff
from penstock_core.errors import StoreUnavailable
from penstock_core.names import EXIT_DONE, EXIT_HANDED_OVER
from penstock_core.store.executions.records import AlreadyEnded, Claim, HeldUntil, LeftQueued, Skipped
from penstock_core.store.executions.running import Running, connect
from penstock_runner.process.environment import Settings
from penstock_runner.process.termination import Termination

if TYPE_CHECKING:
    from penstock_runner.engine.flow_run import Engine

CLAIM_SECONDS: Final = 120.0
"""How long to try to claim while the database is away or another runner holds the lease."""
GRACE_SECONDS: Final = 60.0
"""How long after the flow's deadline a final state is still tried."""
CLAIM_RETRY: Final = Backoff(first=0.1, longest=2.0)
Answer = Claim | AlreadyEnded | HeldUntil | Skipped | LeftQueued


class SystemClock:
    """The clocks of the machine."""

    def now(self) -> datetime:
        """The wall clock, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()


def run(settings: Settings) -> int:
    """Run the execution of `settings`; the exit code. Raises what is a defect."""
    termination = Termination(lambda: os._exit(EXIT_HANDED_OVER))
    termination.start()
    running = Running(lambda: connect(settings.dsn), settings.namespace)
    claimed = _Claiming(running, settings)
    claimed.start()
    # the database answers while these load
    from penstock_runner.actions import table
    from penstock_runner.engine import flow_run
    from penstock_runner.process import recorder

    del table, flow_run, recorder
    answer = claimed.answer()
    if isinstance(answer, Claim):
        # from here on it may run for hours: what the start has made stays, new garbage is collected again
        gc.freeze()
        gc.enable()
        begun = _Run(running, settings, answer, termination=termination, start_ms=_process_age_ms())
        del claimed, answer  # what was recorded goes as the flow passes it
        return begun.run()
    _say(
        "nothing to run",
        namespace=settings.namespace,
        execution=getattr(answer, "id", settings.execution),
        reason=_reason(answer),
    )
    return EXIT_HANDED_OVER if answer is None or isinstance(answer, HeldUntil) else EXIT_DONE


class _Claiming:
    """Claims in a thread of its own, so that imports go on meanwhile."""

    def __init__(self, running: Running, settings: Settings) -> None:
        self._running = running
        self._settings = settings
        self._answer: Answer | None = None
        self._fault: BaseException | None = None
        self._thread = threading.Thread(target=self._work, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def answer(self) -> Answer | None:
        """What the store said; None where it did not answer in time. Raises what is a defect."""
        from penstock_runner.engine.interrupt import SIGNAL_SECONDS

        while self._thread.is_alive():
            self._thread.join(timeout=SIGNAL_SECONDS)
        if self._fault is not None:
            raise self._fault
        return self._answer

    def _work(self) -> None:
        try:
            self._answer = _patiently(
                self._ask(), namespace=self._settings.namespace, execution=self._settings.execution
            )
        except BaseException as exc:  # noqa: BLE001 - raised again in the main thread
            self._fault = exc

    def _ask(self) -> Callable[[], Answer]:
        settings, running = self._settings, self._running
        if (execution := settings.execution) is not None:
            return lambda: running.claim(execution, holder=settings.pod)
        from penstock_core import uuid7
        from penstock_runner.process.tick import tick

        ticked = tick(
            settings.tick or "",
            job=settings.job,
            namespace=settings.namespace,
            identifier=uuid7.new(),
            now=datetime.now(UTC),
        )
        return lambda: running.accept_tick(ticked, holder=settings.pod)


def _patiently(ask: Callable[[], Answer], **where: object) -> Answer | None:
    """Ask until there is an answer that stands, for two minutes at most; `where` stands in the lines that are written meanwhile."""
    give_up_at = time.monotonic() + CLAIM_SECONDS
    tries = 0
    while True:
        answer: Answer | None = None
        try:
            answer = ask()
        except StoreUnavailable as exc:
            _say("the database does not answer", **where, reason=str(exc))
        if answer is not None and not isinstance(answer, HeldUntil):
            return answer
        tries += 1
        delay = CLAIM_RETRY.delay(tries)
        if time.monotonic() + delay > give_up_at:
            return answer
        time.sleep(delay)


class _Run:
    """An execution that is ours."""

    def __init__(
        self, running: Running, settings: Settings, claim: Claim, *, termination: Termination, start_ms: int
    ) -> None:
        from penstock_core import codec
        from penstock_runner.engine.interrupt import Interrupt
        from penstock_runner.process.recorder import Writer

        self._claim = claim._replace(definition=b"", payload=b"", steps=())
        self._recorded = claim.steps
        self._settings = settings
        self._termination = termination
        self._start_ms = start_ms
        self._interrupt = Interrupt()
        self._definition: Mapping[str, Any] = codec.unpack(claim.definition)
        self._trigger: Mapping[str, Any] = codec.unpack(claim.payload)
        self._writer: Writer = Writer(
            running,
            execution=claim.id,
            epoch=claim.epoch,
            interrupt=self._interrupt,
            give_up_at=time.monotonic() + max(0, self._definition["timeoutMs"] - claim.ran_ms) / 1000 + GRACE_SECONDS,
        )

    def run(self) -> int:
        from penstock_runner.errors import Interrupted, Reason

        writer = self._writer
        self._termination.then = writer.terminate
        if self._claim.cancel:
            self._interrupt.set(Reason.CANCELLED)
        writer.start()
        try:
            outcome = self._engine().run()
        except Interrupted as exc:
            if exc.reason is not Reason.LOST:
                writer.hand_over()
            return self._end("handed over", EXIT_HANDED_OVER, reason=exc.reason.value)
        if not writer.finish(outcome):
            return self._end("not recorded", EXIT_HANDED_OVER, reason=str(self._interrupt.reason))
        return self._end("execution ended", EXIT_DONE, state=outcome.state.value)

    def _engine(self) -> "Engine":
        from penstock_runner.actions.table import TABLE
        from penstock_runner.engine.connections import connections
        from penstock_runner.engine.flow_run import Engine, Execution

        claim = self._claim
        recorded, self._recorded = self._recorded, ()
        return Engine(
            definition=self._definition,
            trigger=self._trigger,
            execution=Execution(id=claim.id, started_at=claim.started_at, ran_seconds=claim.ran_ms / 1000),
            actions=TABLE,
            recorder=self._writer,
            clock=SystemClock(),
            connections=connections(self._definition.get("connections", {}), self._settings.fields),
            interrupt=self._interrupt,
            recorded=recorded,
        )

    def _end(self, message: str, code: int, **values: object) -> int:
        import resource

        flow = self._claim.flow
        _say(
            message,
            execution=self._claim.id,
            namespace=flow.namespace,
            instance=flow.instance,
            flow=flow.flow,
            epoch=self._claim.epoch,
            startMs=self._start_ms,
            endMs=_process_age_ms(),
            maxRssMib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            **values,
        )
        return code


def _process_age_ms() -> int:
    """Milliseconds since the kernel made this process, in steps of 10: the closing line says what the start and the whole run took."""
    with open("/proc/self/stat", "rb") as stat:  # noqa: PTH123 - pathlib would be one more import
        started_ticks = int(stat.read().rpartition(b")")[2].split()[19])
    return int((time.clock_gettime(time.CLOCK_BOOTTIME) - started_ticks / os.sysconf("SC_CLK_TCK")) * 1000)


def _reason(answer: Answer | None) -> str:
    match answer:
        case None:
            return "the database did not answer in time"
        case AlreadyEnded():
            return f"it has ended: {answer.state}"
        case HeldUntil():
            return f"it is {answer.state}, held until {answer.until.isoformat()}"
        case Skipped():
            return f"the tick was skipped: {answer.reason}"
    return "it waits for a slot of its flow"


def _say(message: str, **values: object) -> None:
    """One line on standard error: what happened and where, never a value of the user's."""
    members = " ".join(
        f"{name}={str(value)!r}" if " " in str(value) else f"{name}={value}" for name, value in values.items()
    )
    sys.stderr.write(f"penstock-runner: {message} {members}\n")
