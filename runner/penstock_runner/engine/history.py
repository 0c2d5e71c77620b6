"""What an earlier runner of the same execution recorded, so that nothing of it runs twice."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from itertools import groupby
from typing import Any, NamedTuple, NoReturn

from penstock_core.executions.records import LONG_AGO, RecordedStep
from penstock_core.executions.states import StepStatus
from penstock_runner.engine.unrecorded import Guarded, Missing, Partial
from penstock_runner.errors import Failure, Gap, NotRecorded

INTERRUPTED = "interrupted"
"""Error code of an attempt whose runner vanished: it does not count against `retry.attempts`."""


class Past(NamedTuple):
    """A step's recorded attempts: the last one, how many were made, how many really failed and when the last of those ended."""

    last: RecordedStep
    attempts: int
    failed: int
    failed_until: datetime

    @property
    def ended(self) -> bool:
        """True where the last attempt has a result that stands: passed or skipped."""
        return self.last.status in (StepStatus.PASSED, StepStatus.SKIPPED)

    def view(self, made: "Callable[[str], Any] | None" = None) -> dict[str, Any]:
        """What `steps.<name>` is; reading what was not recorded as it was raises NotRecorded.

        `made` makes a member of it anew, where the step may run again.
        """
        last = self.last
        failure = self.failure()
        members = {
            "output": self.output,
            "extracted": None if failure else _unpacked(last.extracted),
            "status": StepStatus.FAILED.value if failure else last.status.value,
            "error": failure.as_value() if failure else None,
            "attempts": self.attempts if last.status is not StepStatus.SKIPPED else 0,
        }
        missing = {
            name: partial(made, name) if made is not None and not failure else partial(_refuse, last.path, gap)
            for name, gap in self._gaps().items()
            if name in ("output", "extracted")
        }
        return Guarded(members, missing) if missing else members

    @property
    def output(self) -> Any:
        """What is recorded of the output."""
        return _unpacked(self.last.output)

    def failure(self) -> Failure | None:
        """Why the last attempt failed, None where it did not or where its runner vanished."""
        last = self.last
        if not _failed(last):
            return None
        failure = _RecordedFailure(last.error_code or "", last.error_message or "", details=_details(last))
        gaps = self._gaps()
        failure.missing = {
            name: partial(_refuse, last.path, gaps[name]) for name in ("message", "details") if name in gaps
        }
        return failure

    def _gaps(self) -> dict[str, Gap]:
        """Members that were not recorded as they were. What 0.1 recorded tells of those alone that were cut."""
        last = self.last
        cut = {name: Gap.CUT for name in ("output", "extracted") if _is_cut(getattr(last, name))}
        details = _unpacked(last.error_details)
        return cut | {name: Gap(gap) for name, gap in getattr(details, "marks", {}).items()}


class _RecordedFailure(Failure):
    """A failure of an earlier runner, whose message and details may not be what they were."""

    missing: Mapping[str, Missing] = {}

    def as_value(self) -> dict[str, Any]:
        """As that of every failure; of what is missing, the members of `details` that are recorded are read."""
        value = super().as_value()
        if not self.missing:
            return value
        refuse = self.missing.get("details")
        if refuse and isinstance(self.details, dict):
            value["details"] = Partial(self.details, refuse)
            return Guarded(value, {name: each for name, each in self.missing.items() if name != "details"})
        return Guarded(value, self.missing)


def _refuse(path: str, gap: Gap) -> NoReturn:
    raise NotRecorded(path, gap)


class History:
    """Recorded steps by path. Each is handed out once: a step that runs again afterwards runs anew."""

    def __init__(self, recorded: Iterable[RecordedStep]) -> None:
        self._steps: dict[str, list[RecordedStep]] = {}
        for step in recorded:
            self._steps.setdefault(step.path, []).append(step)
        self._paths = sorted(self._steps)
        self._attempts: dict[str, int] = {}

    @property
    def is_empty(self) -> bool:
        """True where everything was handed out, or nothing was ever recorded."""
        return not self._steps

    def take(self, path: str) -> Past | None:
        """What was recorded of a step, None where nothing was or it was taken before."""
        if not self._steps or (attempts := self._steps.pop(path, None)) is None:
            return None
        last = _last(attempts)
        failed = [step for step in attempts if _failed(step)]
        self._attempts[path] = last.attempt
        return Past(
            last=last,
            attempts=last.attempt,
            failed=len(failed),
            failed_until=max((step.ended_at for step in failed), default=LONG_AGO),
        )

    def next_attempt(self, path: str) -> int:
        """The number of a step's next attempt, from 1; counts on over resumptions and over retries of what is around."""
        number = self._attempts.get(path, 0) + 1
        self._attempts[path] = number
        return number

    def reopen(self, path: str) -> None:
        """Let the next attempt have the number of the last one: a step that holds steps goes on where it was."""
        # the effects are those of the steps inside, which have records of their own: nothing was interrupted here
        self._attempts[path] -= 1

    def indexes(self, path: str) -> list[int]:
        """The iterations or cases of a step of which something is recorded, in their order."""
        return sorted({int(_group(path, below)[len(path) + 1 : -1]) for below in self._below(path)})

    def stands(self, path: str, *, continues: bool) -> bool:
        """True where a step's last attempt lets what comes behind it run; `continues` says that a failure does."""
        attempts = self._steps.get(path)
        if attempts is None:
            return False
        last = _last(attempts)
        return last.status in (StepStatus.PASSED, StepStatus.SKIPPED) or (continues and _failed(last))

    def forget_failures(self, path: str, *, until: datetime | None, done: Callable[[str], bool]) -> list[str]:
        """Let what lies below `path` run anew unless it passed, or began after `until` where that is given.

        An iteration of which `done` answers true for its prefix stays as it is. Gives the paths that had failed.
        """
        failed: list[str] = []
        # by iteration, and each asked before anything of it is forgotten: `done` looks at the same records
        for prefix, group in groupby(self._below(path), key=lambda below: _group(path, below)):
            # one that is done may hold failures with onError continue: running only those again would change a result
            # that later steps have read
            if not done(prefix):
                failed += [below for below in group if self._forget(below, until)]
        return failed

    def _forget(self, path: str, until: datetime | None) -> bool:
        """Forget a step's attempts that were made until then, if it did not pass; true where the last one had failed."""
        attempts = self._steps[path]
        last = _last(attempts)
        # what passed has had its effect; what was skipped is asked again, for it may have been so because of the failure
        if last.status is StepStatus.PASSED:
            return False
        # attempts are numbered on: the row of the forgotten one stays in the store
        self._attempts[path] = last.attempt
        # the step around has made an attempt since `until`, and this runner goes on in the middle of it: what was made in
        # it counts, and only what led to the failure before must not fail it again
        if kept := [step for step in attempts if until is not None and step.started_at > until]:
            self._steps[path] = kept
        else:
            del self._steps[path]
        return _failed(last)

    def _below(self, path: str) -> list[str]:
        """The recorded paths inside of a step, those of one iteration side by side."""
        if not self._steps:
            return []
        from bisect import bisect_left  # no first runner needs it

        first, end = f"{path}/", f"{path}0"  # the character 0 follows the slash
        inside = self._paths[bisect_left(self._paths, first) : bisect_left(self._paths, end)]
        return [below for below in inside if below in self._steps]


def _group(path: str, below: str) -> str:
    """The prefix of the iteration or case that a path below `path` lies in."""
    return below[: below.index("/", len(path) + 1) + 1]


def _last(attempts: list[RecordedStep]) -> RecordedStep:
    return max(attempts, key=lambda step: step.attempt)


def _failed(step: RecordedStep) -> bool:
    return step.status in (StepStatus.FAILED, StepStatus.TIMED_OUT) and step.error_code != INTERRUPTED


def _details(step: RecordedStep) -> Any:
    """What `error.details` was; where it was not kept, an answer's status is in its output all the same."""
    if step.error_details is None and step.error_code == "http_status":
        output = _unpacked(step.output)
        return {"status": output.get("status", 0)} if isinstance(output, dict) else None
    details = _unpacked(step.error_details)
    return details.value if hasattr(details, "marks") else details


def _unpacked(data: bytes | None) -> Any:
    if data is None:
        return None
    from penstock_core import codec

    return codec.unpack(data)


def _is_cut(data: bytes | None) -> bool:
    if data is None:
        return False
    from penstock_core import codec

    return codec.stored(data).truncated
