"""Runs the code of python steps: `python -m penstock_runner.worker`, started by the runner with a clean environment.

The worker itself only forks: each call runs in a child of its own, so that nothing of one call (modules changed, memory
kept) is seen by the next, and a call costs a fork instead of an interpreter's start.
A child that dies takes the worker with it, whose exit code then says how: 128 and the signal, or the child's exit code.
What the code writes to standard output and error becomes log lines.
"""

import gc
import os
import sys
import threading
from typing import IO, Any, Final

from penstock_core import codec
from penstock_runner.frames import read_frame, write_frame

ANSWERED: Final = 93
"""Exit code of a child that gave its answer; any other one means that it ended before."""
MAX_LINES: Final = 10_000
"""Log lines of one call that are kept."""
MAX_LINE: Final = 16_384
"""Characters of a log line that are kept."""
_NO_ANSWER: Final = 64


class Channel:
    """The way back to the runner; the call's threads share it."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._lock = threading.Lock()
        self._lines = 0

    def send(self, value: Any) -> None:
        """Send a map; what cannot be stored in it is replaced."""
        message, _ = codec.to_message(value)
        with self._lock:
            write_frame(self._pipe, message)

    def log(self, severity: str, message: str, fields: dict[str, Any] | None = None) -> None:
        """Send a log line; after too many only one more, which says so."""
        self._lines += 1
        if self._lines == MAX_LINES + 1:
            severity, message, fields = "warn", f"more than {MAX_LINES} log lines: the rest is not kept", None
        if self._lines <= MAX_LINES + 1:
            self.send({"log": [severity, message[:MAX_LINE], fields]})


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


class Context(Record):
    """What `run` is given."""

    log: Log


def context_of(variables: dict[str, Any], channel: Channel) -> Context:
    """The context of a call."""
    context = Context({name: Record(value) if _is_group(name, value) else value for name, value in variables.items()})
    context["steps"] = Steps({name: Record(view) for name, view in variables.get("steps", {}).items()})
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
        result = run(context_of(call["context"], channel))
    except BaseException as exc:  # noqa: BLE001 - SystemExit included: whatever the code raises is its result
        return _raised(exc, file, call["code"])
    message, warnings = codec.to_message(result)
    return {"result": codec.from_message(message) if warnings else result, "warnings": list(warnings)}


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
    return {"error": {"type": kind, "message": message[:MAX_LINE], "line": line}}


class Capture:
    """Standard output and error of a call, also of programs that it starts, line by line into the log."""

    def __init__(self, channel: Channel) -> None:
        self._threads = [self._redirect(1, "info", channel), self._redirect(2, "warn", channel)]

    def _redirect(self, descriptor: int, severity: str, channel: Channel) -> threading.Thread:
        ours, theirs = os.pipe()
        os.dup2(theirs, descriptor)
        os.close(theirs)
        thread = threading.Thread(target=_forward, args=(ours, severity, channel), daemon=True)
        thread.start()
        return thread

    def end(self) -> None:
        """Hand over what is left; a program that still runs in the background is not waited for."""
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        for thread in self._threads:
            thread.join(timeout=1)


def _forward(descriptor: int, severity: str, channel: Channel) -> None:
    with open(descriptor, encoding="utf-8", errors="replace") as lines:
        while line := lines.readline(MAX_LINE):
            channel.log(severity, line.rstrip("\n"))


def _child(message: bytes, pipe: IO[bytes]) -> None:
    """One call; never returns."""
    try:
        _prefer_for_oom()
        channel = Channel(pipe)
        capture = Capture(channel)
        given = answer(codec.from_message(message), channel)
        capture.end()
        channel.send(given)
    except BaseException:  # noqa: BLE001 - nothing may return into the worker's loop
        os._exit(_NO_ANSWER)
    os._exit(ANSWERED)


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
    while message := read_frame(calls, limit=1 << 31):
        pid = os.fork()
        if pid == 0:
            _child(message, answers)
        _, status = os.waitpid(pid, 0)
        if os.WIFSIGNALED(status):
            return 128 + os.WTERMSIG(status)
        if (code := os.waitstatus_to_exitcode(status)) != ANSWERED:
            return code
    return 0


def main() -> None:
    """Take the pipes out of the reach of the code, then serve."""
    calls, answers = os.fdopen(os.dup(0), "rb", buffering=0), os.fdopen(os.dup(1), "wb", buffering=0)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(2, 1)
    os._exit(serve(calls, answers))


if __name__ == "__main__":
    main()
