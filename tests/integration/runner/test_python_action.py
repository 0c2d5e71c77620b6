"""python steps: the user's code in a process of its own."""

import threading
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import timeouts
from engine_stand import Stand
from eventually import eventually
from penstock_core.executions.states import ExecutionState
from penstock_runner.errors import Reason


def code(*lines: str) -> dict[str, Any]:
    return {"name": "py", "python": {"code": "\n".join(lines) + "\n"}}


def test_result_context_and_log(stand: Stand) -> None:
    """run gets the context with attributes, its result is the output, its log lines are kept."""
    outcome = stand.run(
        {"name": "first", "set": {"value": [1, 2]}},
        code(
            "from decimal import Decimal",
            "def run(context):",
            "    context.log.info('pushed', lines=len(context.steps['first'].output))",
            "    print('printed')",
            "    return {'n': context.steps['first'].output, 'none': context.steps['x'].output,",
            "            'who': context.instance.customer['id'], 'c': context.config['k'], 'd': Decimal('1.50')}",
        ),
        config={"k": "v"},
    )

    assert outcome.state is ExecutionState.PASSED, outcome.error_message
    assert stand.recorder.output("py") == {"n": [1, 2], "none": None, "who": "acme", "c": "v", "d": Decimal("1.50")}
    assert ("info", "pushed", "py", {"lines": 2}) in stand.recorder.logs
    assert ("info", "printed", "py", None) in stand.recorder.logs


def test_exception_names_line_and_shows_the_code(stand: Stand) -> None:
    """An exception is the step's error, with the line of the user's code."""
    outcome = stand.run(code("def run(context):", "    x = 0", "    return 1 / x"))

    assert outcome.error_code == "python_error"
    assert (outcome.error_message or "").startswith("step py: ZeroDivisionError: division by zero (line 3)")
    assert "return 1 / x" in (outcome.error_message or "")
    assert "worker.py" not in (outcome.error_message or "")


def test_syntax_error_names_its_line(stand: Stand) -> None:
    """Code that does not compile says where."""
    outcome = stand.run(code("def run(context):", "    return ("))

    assert outcome.error_code == "python_error"
    assert "line 2" in (outcome.error_message or "")


def test_code_without_run(stand: Stand) -> None:
    """Code that defines no run says so."""
    assert "does not define a function `run(context)`" in (stand.run(code("x = 1")).error_message or "")


def test_exit_and_death_are_failures(stand: Stand) -> None:
    """sys.exit, os._exit and a kill fail the step with what happened, and the next step works."""
    outcome = stand.run(
        {**code("def run(context):", "    import sys; sys.exit(3)"), "name": "a", "onError": "continue"},
        {**code("def run(context):", "    import os; os._exit(0)"), "name": "b", "onError": "continue"},
        {**code("def run(context):", "    import os; os.kill(os.getpid(), 9)"), "name": "c", "onError": "continue"},
        {**code("def run(context):", "    return 1"), "name": "d"},
    )

    assert outcome.steps_failed == 3
    assert [stand.recorder.last(path).error_code for path in "abc"] == ["python_error", "python_died", "python_died"]
    assert "exit code 0" in (stand.recorder.last("b").error_message or "")
    assert "SIGKILL: probably for memory" in (stand.recorder.last("c").error_message or "")
    assert stand.recorder.output("d") == 1


def test_environment_holds_nothing_of_the_runner(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither DSN nor connections are in the code's environment."""
    monkeypatch.setenv("PENSTOCK_DSN", "postgresql://secret")
    monkeypatch.setenv("PENSTOCK_CONNECTION.erp.key", "canary-value")

    stand.run(code("import os", "def run(context):", "    return sorted(os.environ)"))

    assert not [name for name in stand.recorder.output("py") if name.startswith("PENSTOCK_")]


def test_timeout_kills_the_code_and_its_children(stand: Stand) -> None:
    """Code that does not end is killed with what it started."""
    begun = time.monotonic()

    outcome = stand.run(
        code(
            "import subprocess, time",
            "def run(context):",
            "    print(subprocess.Popen(['sleep', '60']).pid, flush=True)",
            "    while True: pass",
        )
        | {"timeout": "1s"}
    )

    assert outcome.error_code == "timeout"
    assert time.monotonic() - begun < 5
    (pid,) = [int(message) for _, message, _, _ in stand.recorder.logs]
    state = Path(f"/proc/{pid}/stat")
    eventually(lambda: not state.exists() or state.read_text().split()[2] == "Z", within=timeouts.QUIET, every=0.01)


def test_cancellation_kills_the_code(stand: Stand) -> None:
    """A cancelled flow does not wait for its code."""
    threading.Timer(0.5, stand.interrupt.set, [Reason.CANCELLED]).start()
    begun = time.monotonic()

    outcome = stand.run(code("import time", "def run(context):", "    time.sleep(60)"))

    assert outcome.state is ExecutionState.CANCELLED
    assert time.monotonic() - begun < 3


def test_calls_share_nothing(stand: Stand) -> None:
    """What one call changes the next one does not see."""
    stand.run(
        {"name": "loop", "forEach": {"items": [1, 2, 3], "parallel": 2, "steps": [
            code("import json", "def run(context):", "    seen = hasattr(json, 'mark')", "    json.mark = 1",
                 "    return [seen, context.item]"),
        ]}},
    )  # fmt: skip

    assert stand.recorder.output("loop") == [[False, 1], [False, 2], [False, 3]]


def test_a_result_that_is_no_value_fails_with_its_path(stand: Stand) -> None:
    """A result with an object in it fails the step and says where; nothing stands in its place."""
    outcome = stand.run(code("def run(context):", "    return {'rows': [2 ** 70, {'x': object()}]}"))

    assert outcome.error_code == "python_error"
    assert "output.rows[1].x: object is no value" in (outcome.error_message or "")
    assert stand.recorder.output("py") is None


def test_output_of_programs_is_logged_and_flooding_is_bounded(stand: Stand) -> None:
    """Programs that the code starts write into the log; a flood of lines is cut with a note."""
    stand.run(
        code("import os", "def run(context):", "    os.system('echo from-a-program >&2')", "    print('x\\n' * 30000)")
    )

    assert ("warn", "from-a-program", "py", None) in stand.recorder.logs
    assert len(stand.recorder.logs) == 10_001


def test_secrets_are_masked_in_what_the_code_says(stand: Stand) -> None:
    """A secret that came through a response is masked in output, log and error."""
    stand.run(
        {"name": "got", "set": {"value": "canary-value"}},
        code(
            "def run(context):",
            "    print(context.steps['got'].output)",
            "    raise ValueError(context.steps['got'].output)",
        ),
        descriptions={"erp": {"type": "apiKey"}},
        fields={"erp": {"key": "canary-value"}},
    )

    assert stand.recorder.logs[0][1] == "***"
    assert "canary" not in (stand.recorder.last("py").error_message or "")
    assert stand.recorder.output("got") == "***"


def test_a_forked_process_does_not_answer(stand: Stand) -> None:
    """The call's own process does; what the other one logs is kept, and the next step has its own answer."""
    outcome = stand.run(
        {**code(
            "import os",
            "def run(context):",
            "    forked = os.fork()",
            "    if forked:",
            "        os.waitpid(forked, 0)",
            "    else:",
            "        context.log.warn('from the fork')",
            "    return 'parent' if forked else 'child'",
        ), "name": "a"},
        {**code("def run(context):", "    return 'second'"), "name": "b"},
    )  # fmt: skip

    assert outcome.state is ExecutionState.PASSED, outcome.error_message
    assert (stand.recorder.output("a"), stand.recorder.output("b")) == ("parent", "second")
    assert stand.recorder.logs == [("warn", "from the fork", "a", None)]


@pytest.mark.parametrize("end", ["os._exit(93)", "os.kill(os.getpid(), 9)"])
def test_a_death_is_noticed_whatever_was_left_behind(stand: Stand, end: str) -> None:
    """A process that the code forked holds its pipes open; the step does not wait for it, and it is killed."""
    outcome = stand.run(
        code(
            "import os, time",
            "def run(context):",
            "    forked = os.fork()",
            "    if not forked:",
            "        time.sleep(600)",
            "    context.log.info(str(forked))",
            f"    {end}",
        )
    )

    assert outcome.error_code == "python_died"
    (pid,) = [message for _, message, _, _ in stand.recorder.logs]
    state = Path(f"/proc/{pid}/stat")
    eventually(lambda: not state.exists() or state.read_text().split()[2] == "Z", within=timeouts.QUIET, every=0.01)


def test_a_death_in_the_middle_of_a_message_is_noticed(stand: Stand) -> None:
    """Half of a log line is in the pipe, and a forked process keeps that open."""
    outcome = stand.run(
        code(
            "import os, threading, time",
            "def run(context):",
            "    if not os.fork():",
            "        time.sleep(600)",
            "    channel = context.log._channel",
            "    channel._pipe.write((1000).to_bytes(4) + b'half')",
            "    os._exit(5)",
        )
    )

    assert "exit code 5" in (outcome.error_message or "")


@pytest.mark.parametrize("line", ["sys.stdout.close()", "sys.stdout = None", "sys.stdout = sys.stderr = 5"])
def test_the_code_may_do_without_standard_output(stand: Stand, line: str) -> None:
    """Closing or replacing it is no failure."""
    outcome = stand.run(code("import sys", "def run(context):", f"    {line}", "    return 1"))

    assert (outcome.error_message, stand.recorder.output("py")) == (None, 1)


def test_a_secret_in_a_long_line_is_masked(stand: Stand) -> None:
    """A line is one, however long: its parts would each hold a part of the secret. The same goes for an error."""
    stand.run(
        code(
            "def run(context):",
            "    text = 'canary' + '-value-0123456789'",
            "    print('x' * 16370 + text)",
            "    context.log.info(text * 1000 + text)",
            "    raise ValueError(text * 1000)",
        ),
        descriptions={"erp": {"type": "apiKey"}},
        fields={"erp": {"key": "canary-value-0123456789"}},
    )

    shown = "".join(
        [*(message for _, message, _, _ in stand.recorder.logs), stand.recorder.last("py").error_message or ""]
    )
    assert len(stand.recorder.logs) == 2
    assert [part for part in ("canary", "value", "0123") if part in shown] == []


def test_long_lines_count_as_several(stand: Stand) -> None:
    """So a flood is bounded in characters too."""
    stand.run(code("def run(context):", "    for _ in range(200):", "        print('x' * 1_000_000)"))

    assert stand.recorder.logs[-1][1] == "more than 10000 log lines: the rest is not kept"
    assert len(stand.recorder.logs) < 180


FORGED = {
    "no MessagePack": r"b'\xc1' * 9",
    "no map": r"b'\x93\x01\x02\x03'",
    "an answer without a result": r"b'\x81\xa1a\x01'",
    "a line of no kind": r"b'\x81\xa3log\x93\x01\x02\x03'",
    "an error that is none": r"b'\x81\xa5error\x01'",
    "a step that there is not": r"b'\x81\xacnot_recorded\x92\xa1x\xa6output'",
}


@pytest.mark.parametrize("said", FORGED)
def test_what_the_code_writes_into_the_pipe_is_its_own_error(stand: Stand, said: str) -> None:
    """Code that finds the pipe of answers and writes there is told so; it is no defect of Penstock."""
    outcome = stand.run(
        code(
            "import os",
            "def run(context):",
            f"    message = {FORGED[said]}",
            "    for pipe in os.listdir('/proc/self/fd'):",
            "        target = os.readlink(f'/proc/self/fd/{pipe}') if int(pipe) > 2 and os.path.exists(f'/proc/self/fd/{pipe}') else ''",
            "        if target.startswith('pipe:'):",
            "            try:",
            "                os.write(int(pipe), len(message).to_bytes(4) + message)",
            "            except OSError:",
            "                pass",
        )
    )

    assert outcome.error_code == "python_malformed", outcome.error_message
    assert "defect" not in (outcome.error_message or "")


def test_a_flood_of_lines_past_the_worker_is_bounded(stand: Stand) -> None:
    """Code that writes log lines into the pipe by itself gets no more of them recorded."""
    stand.run(
        code(
            "def run(context):",
            "    channel = context.log._channel",
            "    for _ in range(1000):",
            "        channel._lines = 0",
            "        channel.log('info', 'x' * 9000, {'a': 'y' * 65536})",
        )
    )

    assert 400 < len(stand.recorder.logs) < 500
    assert "32 MiB" in stand.recorder.logs[-1][1]


def test_files_of_the_code_are_bounded(stand: Stand) -> None:
    """Open files and the size of one are limited, and the code cannot raise the limits."""
    stand.run(
        code(
            "import resource",
            "def run(context):",
            "    given = [resource.getrlimit(one) for one in (resource.RLIMIT_NOFILE, resource.RLIMIT_FSIZE, resource.RLIMIT_CORE)]",
            "    return given",
        )
    )

    assert stand.recorder.output("py") == [[1024, 1024], [256 << 20, 256 << 20], [0, 0]]
