"""The writer: grouping, renewal, cancel mark, lost lease, a database that is away."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

import timeouts
from eventually import eventually
from penstock_core import codec
from penstock_core.errors import LeaseLost, StoreUnavailable
from penstock_core.executions.records import LogRecord, Outcome, StepRecord
from penstock_core.executions.states import ExecutionState, StepStatus
from penstock_core.store.executions.records import Renewal
from penstock_core.store.executions.running import Running
from penstock_runner.engine.interrupt import Interrupt
from penstock_runner.errors import Interrupted, Reason
from penstock_runner.process.recorder import Limits, Writer

EXECUTION = UUID(int=7)
PASSED = Outcome(state=ExecutionState.PASSED)


@dataclass
class FakeRunning(Running):
    """A store that notes its calls; `away` and `lost` make it fail, `cancel` is its mark."""

    writes: list[list[str]] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    logs: list[tuple[int, str]] = field(default_factory=list)
    lines: list[list[LogRecord]] = field(default_factory=list)
    renewals: int = 0
    away: bool = False
    lost: bool = False
    cancel: bool = False
    tries: int = 0

    def written(self) -> list[str]:
        return [path for write in self.writes for path in write]

    def renew(self, execution: UUID, *, epoch: int) -> Renewal:
        self._ask(execution, epoch)
        self.renewals += 1
        return Renewal(lost=self.lost, cancel=self.cancel)

    def record(
        self, execution: UUID, *, epoch: int, steps: Sequence[StepRecord] = (), logs: Sequence[LogRecord] = ()
    ) -> Renewal:
        self._ask(execution, epoch)
        if self.lost:
            raise LeaseLost
        self.writes.append([step.path for step in steps])
        self.logs += [(line.sequence, line.message) for line in logs]
        self.lines.append(list(logs))
        return Renewal(lost=False, cancel=self.cancel)

    def finish(
        self,
        execution: UUID,
        *,
        epoch: int,
        outcome: Outcome,
        steps: Sequence[StepRecord] = (),
        logs: Sequence[LogRecord] = (),
    ) -> None:
        self.record(execution, epoch=epoch, steps=steps, logs=logs)
        self.outcomes.append(outcome)

    def _ask(self, execution: UUID, epoch: int) -> None:
        self.tries += 1
        assert (execution, epoch) == (EXECUTION, 3)
        if self.away:
            raise StoreUnavailable("away")


@pytest.fixture
def running() -> FakeRunning:
    return FakeRunning()


@pytest.fixture
def interrupt() -> Interrupt:
    return Interrupt()


@pytest.fixture
def limits() -> Limits:
    """The writer's; a test that needs others is parametrized with them."""
    return Limits()


@pytest.fixture
def writer(running: FakeRunning, interrupt: Interrupt, limits: Limits) -> Iterator[Writer]:
    made = made_writer(running, interrupt, limits=limits)
    made.start()
    yield made
    running.away = False
    made.hand_over()


def made_writer(
    running: FakeRunning, interrupt: Interrupt, *, seconds: float = 60, limits: Limits | None = None
) -> Writer:
    """A writer of a flow that has so many seconds left."""
    give_up_at = time.monotonic() + seconds
    return Writer(
        running,
        execution=EXECUTION,
        epoch=3,
        interrupt=interrupt,
        give_up_at=give_up_at,
        limits=limits or Limits(),
    )


def step(path: str, *, output: bytes | None = None) -> StepRecord:
    return StepRecord(
        path=path, attempt=1, action="set", status=StepStatus.PASSED, started_at=datetime.now(UTC), output=output
    )


def test_final_state_goes_with_the_last_steps(writer: Writer, running: FakeRunning) -> None:
    """A short flow costs one transaction: steps and final state together."""
    for name in "abc":
        writer.behind(step(name))

    assert writer.finish(PASSED)
    assert running.writes[-1][-1] == "c"
    assert running.written() == ["a", "b", "c"]
    assert running.outcomes == [PASSED]


def test_durable_returns_after_everything_before_is_written(writer: Writer, running: FakeRunning) -> None:
    """durable writes what lies before it in the same transaction, in order."""
    writer.behind(step("a"))
    writer.durable(step("b"))

    assert running.written() == ["a", "b"]


def test_lingering_records_are_written_by_themselves(writer: Writer, running: FakeRunning) -> None:
    """Records that nobody waits for are durable soon."""
    writer.behind(step("a"))

    assert eventually(lambda: running.writes == [["a"]], within=timeouts.QUIET, every=0.01)


def test_logs_are_numbered(writer: Writer, running: FakeRunning) -> None:
    """Log lines carry a sequence, so that a repeated write adds none twice."""
    for text in ("one", "two"):
        writer.log(at=datetime.now(UTC), severity="info", message=text, step="a", fields=None)
    writer.finish(PASSED)

    assert running.logs == [(1, "one"), (2, "two")]


def test_nothing_is_lost_while_the_database_is_away(writer: Writer, running: FakeRunning) -> None:
    """Writes are repeated until the database answers; then all is there, once."""
    running.away = True
    waiting = threading.Thread(target=writer.durable, args=[step("a")])
    waiting.start()
    eventually(lambda: running.tries >= 2, within=timeouts.QUIET, every=0.01)
    writer.behind(step("b"))

    running.away = False
    waiting.join(timeout=10)
    writer.finish(PASSED)

    assert not waiting.is_alive()
    assert running.written() == ["a", "b"]


def test_gives_up_at_the_deadline(running: FakeRunning, interrupt: Interrupt) -> None:
    """Past the flow's deadline a database that is away ends the runner: somebody else goes on."""
    running.away = True
    writer = made_writer(running, interrupt, seconds=0)
    writer.start()

    with pytest.raises(Interrupted) as caught:
        writer.durable(step("a"))

    assert caught.value.reason is Reason.UNAVAILABLE
    assert not writer.finish(PASSED)


def test_lost_lease_interrupts_and_writes_nothing_more(
    writer: Writer, running: FakeRunning, interrupt: Interrupt
) -> None:
    """A lost lease wakes whoever waits; a final state is not written."""
    running.lost = True

    with pytest.raises(Interrupted) as caught:
        writer.durable(step("a"))

    assert caught.value.reason is Reason.LOST
    assert not writer.finish(PASSED)
    assert running.outcomes == []


def test_cancel_mark_is_seen_at_a_write(writer: Writer, running: FakeRunning, interrupt: Interrupt) -> None:
    """A write sees the cancel mark as a renewal does."""
    running.cancel = True
    writer.behind(step("a"))

    eventually(lambda: interrupt.reason is Reason.CANCELLED, within=timeouts.QUIET, every=0.01)
    assert writer.finish(Outcome(state=ExecutionState.CANCELLED))


@pytest.mark.parametrize("limits", [Limits(renew_seconds=0.02)])
def test_lease_is_renewed(writer: Writer, running: FakeRunning) -> None:
    """Without any record the lease is renewed in time."""
    eventually(lambda: running.renewals >= 3, within=timeouts.QUIET, every=0.01)


def test_terminate_interrupts(writer: Writer, interrupt: Interrupt) -> None:
    """SIGTERM reaches the flow through the writer's queue."""
    writer.terminate()

    eventually(lambda: interrupt.reason is Reason.HANDED_OVER, within=timeouts.QUIET, every=0.01)


@pytest.fixture
def stranded(running: FakeRunning, interrupt: Interrupt) -> Writer:
    """A writer with a record that cannot be written, of a flow that has an hour; SIGTERM leaves it 0.2 seconds."""
    running.away = True
    limits = Limits(hand_over_seconds=0.2, last_call_seconds=0.1)
    made = made_writer(running, interrupt, seconds=3600, limits=limits)
    made.start()
    made.behind(step("a"))
    return made


def test_sigterm_bounds_the_hand_over(stranded: Writer, running: FakeRunning, interrupt: Interrupt) -> None:
    """While the database is away, SIGTERM leaves it a part of the pod's grace period, whatever the flow's timeout."""
    stranded.terminate()

    stranded.hand_over()

    assert interrupt.reason is Reason.HANDED_OVER
    assert running.tries >= 2
    assert running.writes == []


def test_sigterm_bounds_the_wait_for_the_final_state(stranded: Writer) -> None:
    """A runner that waits for the database with its final state gives up after SIGTERM, too."""
    threading.Timer(0.1, stranded.terminate).start()

    assert not stranded.finish(PASSED)


def test_call_without_an_answer_is_left_behind(
    stranded: Writer, running: FakeRunning, interrupt: Interrupt, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that takes a call and never answers holds neither the flow nor the hand-over."""
    answer = threading.Event()

    def unanswered(*_: Any, **__: Any) -> Renewal:
        answer.wait()
        return Renewal(lost=False, cancel=False)

    monkeypatch.setattr(running, "record", unanswered)
    threading.Timer(0.1, stranded.terminate).start()

    with pytest.raises(Interrupted):
        stranded.durable(step("b"))
    stranded.hand_over()
    answer.set()

    assert interrupt.reason is Reason.HANDED_OVER


def test_lease_that_is_lost_during_the_hand_over_ends_it(
    stranded: Writer, running: FakeRunning, interrupt: Interrupt
) -> None:
    """A hand-over that another claim overtakes ends without writing."""
    running.away, running.lost = False, True

    stranded.hand_over()

    assert interrupt.reason is Reason.LOST
    assert running.writes == []


def test_nothing_to_hand_over_asks_nothing_of_the_database(running: FakeRunning, interrupt: Interrupt) -> None:
    """A flow without unwritten records ends at once, also while the database is away."""
    running.away = True
    writer = made_writer(running, interrupt, seconds=3600)
    writer.start()

    writer.hand_over()

    assert running.tries == 0


def say(writer: Writer, text: str, *, fields: Any = None) -> None:
    writer.log(at=datetime.now(UTC), severity="info", message=text, step="a", fields=fields)


def keep_lines(writer: Writer) -> None:
    for number in range(300):
        say(writer, f"{number} {'x' * 1000}")


def keep_steps(writer: Writer) -> None:
    for number in range(300):
        writer.behind(step(f"{number}", output=b"x" * 1000))


@pytest.mark.parametrize("limits", [Limits(waiting_bytes=100_000)])
@pytest.mark.parametrize("keep", [keep_lines, keep_steps])
def test_what_waits_is_bounded(writer: Writer, running: FakeRunning, keep: Callable[[Writer], None]) -> None:
    """While the database is away, whoever logs or records more than may wait has to wait too; nothing is lost by it."""
    running.away = True
    thread = threading.Thread(target=keep, args=[writer])
    thread.start()
    eventually(lambda: writer._waiting > 100_000 and writer._tickets, within=timeouts.QUIET, every=0.01)
    assert thread.is_alive()
    assert writer._waiting < 105_000

    running.away = False
    thread.join(timeout=timeouts.QUIET)
    writer.durable(step("last"))

    assert not thread.is_alive()
    assert writer._waiting == 0
    assert len(running.logs) + len(running.written()) == 301
    assert running.logs == sorted(running.logs)


def test_fields_of_a_line_are_bounded(writer: Writer, running: FakeRunning) -> None:
    """Fields beyond 64 KiB are cut, and their header says so."""
    say(writer, "large", fields={"a": "x" * 200_000, "b": 1})
    writer.finish(PASSED)

    [[line]] = running.lines
    assert line.fields is not None
    assert codec.stored(line.fields).truncated
    assert codec.unpack(line.fields)["b"] == 1
    assert codec.unfolded_size(line.fields) <= 65_536


@pytest.mark.parametrize("limits", [Limits(batch_bytes=10_000)])
def test_many_log_lines_are_written_in_pieces(writer: Writer, running: FakeRunning) -> None:
    """Lines are written in statements of bounded size as well, the final state with the last."""
    for number in range(20):
        say(writer, f"{number} {'x' * 1000}")

    assert writer.finish(PASSED)
    assert max(map(len, running.lines)) <= 5
    assert [sequence for sequence, _ in running.logs] == list(range(1, 21))


@pytest.mark.parametrize("limits", [Limits(batch_bytes=1000)])
def test_large_batches_are_split(writer: Writer, running: FakeRunning) -> None:
    """Records are written in pieces of bounded size, the final state with the last."""
    for name in "abcd":
        writer.behind(step(name, output=b"x" * 600))

    assert writer.finish(PASSED)
    assert running.written() == ["a", "b", "c", "d"]
    assert max(map(len, running.writes)) == 1


def test_defect_in_the_store_reaches_the_caller(
    running: FakeRunning, interrupt: Interrupt, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error that is no outage ends the writer and is raised where the flow ends."""
    monkeypatch.setattr(running, "record", None)  # cannot be called
    writer = made_writer(running, interrupt)
    writer.start()

    with pytest.raises(Interrupted):
        writer.durable(step("a"))
    with pytest.raises(TypeError):
        writer.hand_over()
