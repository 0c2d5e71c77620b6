"""Runs the code of python steps: `python -m penstock_runner.actions.python.worker`, started by the runner with a clean environment.

The worker itself only forks: each call runs in a child of its own, so that nothing of one call (modules changed, memory
kept) is seen by the next, and a call costs a fork instead of an interpreter's start.
A child that dies takes the worker with it, whose exit code then says how: 128 and the signal, or the child's exit code.
The worker alone holds the end of the pipe of calls: that it is closed tells the runner, whatever the child left behind.
What the code writes to standard output and error becomes log lines.
"""

import codecs
import gc
import io
import mmap
import os
import select
import signal
import sys
import threading
from contextlib import suppress
from typing import IO, Any, Final, NoReturn

from penstock_core import codec
from penstock_core.errors import UnusableValue
from penstock_core.values.plain_values import plain
from penstock_runner.actions.python.frames import read_frame, write_frame

MAX_LINES: Final = 10_000
"""Log lines of one call that are kept."""
LINE: Final = 16_384
"""Characters of a long line that count as a line."""
MAX_TEXT: Final = 1 << 20
"""Characters of a line or of an error that are handed over: the runner masks them, and keeps fewer after that."""
PIPE_BYTES: Final = 1 << 20
"""What a pipe may hold at most, however the code has set it."""
MAX_OPEN_FILES: Final = 1024
MAX_FILE_BYTES: Final = 256 * 1024 * 1024
"""Of one file; all together take of the container's memory, for there is no other place than `/dev/shm`."""
_NO_ANSWER: Final = 64


class Channel:
    """The way back to the runner; the call's threads share it. Processes that the code forks do not.

    `answered` is memory that the worker shares: its first byte says whether the answer was given.
    """

    def __init__(self, pipe: IO[bytes], answered: mmap.mmap) -> None:
        self._pipe = pipe
        self._answered = answered
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._lines = 0

    def log(self, severity: str, message: str, fields: dict[str, Any] | None = None) -> None:
        """Send a log line; after too many only one more, which says so."""
        if os.getpid() != self._process:
            os.write(1 if severity in ("debug", "info") else 2, f"{message}\n".encode(errors="replace"))
            return
        before, self._lines = self._lines, self._lines + 1 + len(message) // LINE
        if before > MAX_LINES:
            return
        if self._lines > MAX_LINES:
            severity, message, fields = "warn", f"more than {MAX_LINES} log lines: the rest is not kept", None
        frame, _ = codec.to_message({"log": [severity, message[:MAX_TEXT], fields and _told(fields)]})
        with self._lock:
            write_frame(self._pipe, frame)

    def end(self, answer: dict[str, Any]) -> NoReturn:
        """Send the answer and end this process, both before another thread can write the half of a line."""
        frame, _ = codec.to_message(answer)
        if os.getpid() != self._process:
            os._exit(0)
        with self._lock:
            write_frame(self._pipe, frame)
            self._answered[0] = 1
            os._exit(0)


def _told(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields of a line: what is no value is what the object says of itself."""
    told = {}
    for name, value in fields.items():
        try:
            told[name] = plain(value)
        except UnusableValue:
            told[name] = str(value)[:MAX_TEXT]
    return told


class Log:
    """`context.log`: a message and any fields by name."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def debug(self, message: object, **fields: Any) -> None:
        """A line for whoever looks into details."""
        self._channel.log("debug", str(message), fields or None)

    def info(self, message: object, **fields: Any) -> None:
        """A line about what happened."""
        self._channel.log("info", str(message), fields or None)

    def warn(self, message: object, **fields: Any) -> None:
        """A line about what is not as it should be."""
        self._channel.log("warn", str(message), fields or None)

    warning = warn

    def error(self, message: object, **fields: Any) -> None:
        """A line about what failed."""
        self._channel.log("error", str(message), fields or None)


class Record(dict[str, Any]):
    """A map whose members are attributes too: `context.steps["lookup"].output`, `context.trigger.body`."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            members = ", ".join(sorted(self))
            raise AttributeError(f"there is no {name!r} here; there are: {members}") from None


class Steps(dict[str, Any]):
    """The steps that ran; one that did not has only nulls, as in expressions."""

    def __missing__(self, name: str) -> Record:
        return Record(output=None, extracted=None, status=None, error=None, attempts=0)


class NotRecorded(BaseException):
    """What an earlier runner could not record is asked for; no `except Exception` of the code goes on without it."""

    def __init__(self, step: str, member: str) -> None:
        super().__init__(f"steps[{step!r}].{member} is not recorded as it was")
        self.step = step
        self.member = member


class Partly(Record):
    """A step of which some members were not recorded as they were."""

    def __init__(self, step: str, members: dict[str, Any], missing: list[str]) -> None:
        super().__init__({name: value for name, value in members.items() if name not in missing})
        object.__setattr__(self, "_missing", {name: NotRecorded(step, name) for name in missing})

    def __missing__(self, name: str) -> Any:
        if name in self._missing:
            raise self._missing[name]
        raise KeyError(name)

    def get(self, name: str, default: Any = None) -> Any:
        """The member, if there is one."""
        return self[name] if name in self._missing else super().get(name, default)

    def items(self) -> Any:
        """All members, of which one is missing."""
        raise next(iter(self._missing.values()))

    values = items


class Context(Record):
    """What `run` is given."""

    log: Log


def context_of(variables: dict[str, Any], channel: Channel) -> Context:
    """The context of a call."""
    context = Context({name: Record(value) if _is_group(name, value) else value for name, value in variables.items()})
    missing = context.pop("missing", {})
    context["steps"] = Steps(
        {
            name: Partly(name, view, missing[name]) if name in missing else Record(view)
            for name, view in variables.get("steps", {}).items()
        }
    )
    context["log"] = Log(channel)
    return context


def _is_group(name: str, value: Any) -> bool:
    return isinstance(value, dict) and name in ("trigger", "config", "execution", "instance", "flow")


def answer(call: dict[str, Any], channel: Channel) -> dict[str, Any]:
    """Run the code; its result, or the error with the lines of the code that led there."""
    file = f"<step {call['name']}>"
    try:
        namespace: dict[str, Any] = {"__name__": f"step_{call['name']}", "__file__": file}
        exec(compile(call["code"], file, "exec", dont_inherit=True), namespace)  # noqa: S102 - it is what the step is for
        run = namespace.get("run")
        if not callable(run):
            return _error("NameError", "the code does not define a function `run(context)`", None)
        warnings: list[str] = []
        result = plain(run(context_of(call["context"], channel)), root="output", warnings=warnings)
    except UnusableValue as exc:
        return _error("UnusableValue", f"the result cannot be used: {exc}", None)
    except NotRecorded as exc:
        return {"not_recorded": [exc.step, exc.member]}
    except BaseException as exc:  # noqa: BLE001 - SystemExit included: whatever the code raises is its result
        return _raised(exc, file, call["code"])
    return {"result": result, "warnings": warnings}


def _raised(exc: BaseException, file: str, code: str) -> dict[str, Any]:
    import linecache
    import traceback

    linecache.cache[file] = (len(code), None, code.splitlines(keepends=True), file)
    frames = [frame for frame in traceback.extract_tb(exc.__traceback__) if frame.filename != __file__]
    lines = traceback.format_exception_only(exc)
    where = [frame for frame in frames if frame.filename == file]
    line = where[-1].lineno if where else getattr(exc, "lineno", None)
    message = lines[-1].strip() + (f" (line {line})" if line else "")
    shown = "".join(traceback.format_list(frames) + lines).rstrip()
    return _error(type(exc).__name__, f"{message}\n{shown}", line)


def _error(kind: str, message: str, line: int | None) -> dict[str, Any]:
    return {"error": {"type": kind, "message": message[:MAX_TEXT], "line": line}}


class Capture:
    """Standard output and error of a call, also of programs that it starts, line by line into the log."""

    def __init__(self, channel: Channel) -> None:
        self._process = os.getpid()
        ended, self._ended = os.pipe()
        self._threads = [
            self._redirect(descriptor, severity, ended, channel) for descriptor, severity in ((1, "info"), (2, "warn"))
        ]

    def _redirect(self, descriptor: int, severity: str, ended: int, channel: Channel) -> threading.Thread:
        ours, theirs = os.pipe()
        os.dup2(theirs, descriptor)
        os.close(theirs)
        thread = threading.Thread(target=_forward, args=(ours, ended, severity, channel), daemon=True)
        thread.start()
        return thread

    def end(self) -> None:
        """Hand over all that was written until now; a program that still runs in the background is not waited for."""
        for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
            with suppress(AttributeError, OSError, ValueError):  # the code closed it, or put something else there
                stream.flush()  # type: ignore[union-attr]
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        if os.getpid() != self._process:  # a fork of the code's that has come here: the call goes on
            return
        with suppress(OSError):  # the code closed it
            os.write(self._ended, b".")
        for thread in self._threads:
            thread.join()


def _forward(descriptor: int, ended: int, severity: str, channel: Channel) -> None:
    """Each line as one, for a secret must not be in two; what is beyond its first million characters is dropped.

    Until nobody can write any more; or, once there is something in `ended`, until what lay in the pipe then is read.
    """
    text = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder("utf-8")("replace"), translate=True)
    rest = ""
    last = False
    while not last:
        ready, _, _ = select.select([descriptor, ended], [], [])
        # a pipe holds no more than one read takes: with `ended` there was nothing of before behind it
        data = os.read(descriptor, PIPE_BYTES) if descriptor in ready else b""
        last = ended in ready or not data
        head, *lines = text.decode(data, final=last).split("\n")
        rest += head[: MAX_TEXT - len(rest)]
        for line in lines:
            channel.log(severity, rest)
            rest = line[:MAX_TEXT]
    if rest:
        channel.log(severity, rest)


def _child(message: bytes, channel: Channel) -> NoReturn:
    """One call; never returns."""
    try:
        _prefer_for_oom()
        capture = Capture(channel)
        given = answer(codec.from_message(message), channel)
        capture.end()
        channel.end(given)
    except BaseException:  # noqa: BLE001 - nothing may return into the worker's loop
        os._exit(_NO_ANSWER)


def _prefer_for_oom() -> None:
    """Where memory runs out, this process goes and the runner stays to say so."""
    try:
        with open("/proc/self/oom_score_adj", "w") as file:  # noqa: PTH123
            file.write("1000")
    except OSError:
        return


def serve(calls: IO[bytes], answers: IO[bytes]) -> int:
    """Fork a child for each call until the runner closes the pipe; the exit code."""
    gc.freeze()
    answered = mmap.mmap(-1, 1)
    while message := read_frame(calls.read, limit=1 << 31):
        answered[0] = 0
        pid = os.fork()
        if pid == 0:
            calls.close()
            _child(message, Channel(answers, answered))
        _, status = os.waitpid(pid, 0)
        if not answered[0]:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code
    return 0


def _bound() -> None:
    """Limits that the code cannot raise again; of processes there is none here, since the kernel counts a user's on the node.

    Those the runner counts (`processes`).
    """
    import resource

    for kind, most in (
        (resource.RLIMIT_NOFILE, MAX_OPEN_FILES),
        (resource.RLIMIT_FSIZE, MAX_FILE_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, most))


def main() -> None:
    """Take the pipes out of the reach of the code, then serve."""
    # the runner reads the signal instead of being ended by it; the code is ended
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    _bound()
    calls, answers = os.fdopen(os.dup(0), "rb", buffering=0), os.fdopen(os.dup(1), "wb", buffering=0)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(2, 1)
    os._exit(serve(calls, answers))


if __name__ == "__main__":
    main()
