"""Compiles Integrations so that nobody waits for it: a large one in a process of its own, one at a time.

`python -m penstock_operator.integrations.compilation` is that process: a spec comes in, the verdict goes out, as JSON.
It has a bound of processor time, no variables of the operator's environment, and is the first to go where memory runs out.
"""

import asyncio
import dataclasses
import json
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from penstock_core.compiler import Problem, Verdict, check_integration

SMALL: Final = 16 * 1024
"""Characters of a spec, as JSON, that a thread compiles: a process takes longer to start."""
PROCESSOR_SECONDS: Final = 30
"""Of one compilation; what the compiler takes on takes two or three."""
WAIT_SECONDS: Final = 300.0
_KEPT: Final = frozenset({"PATH", "PYTHONPATH", "LANG", "LC_ALL", "TZ"})


class CompilationLost(Exception):
    """The process ended without an answer, as where memory ran out: to be tried again."""


class Compilation:
    """Compiles one large Integration after the other."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(1)

    async def verdict(self, spec: Mapping[str, Any]) -> Verdict:
        """Problems and warnings of a spec. Raises CompilationLost."""
        text = json.dumps(spec)
        if len(text) <= SMALL:
            return await asyncio.to_thread(check_integration, spec)
        async with self._turn:
            return await _apart(text)


async def _apart(text: str) -> Verdict:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        "-m",
        __spec__.name,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={name: value for name, value in os.environ.items() if name in _KEPT},
    )
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            answer, _ = await process.communicate(text.encode())
    except TimeoutError as exc:
        raise CompilationLost(f"no answer within {WAIT_SECONDS:g} s") from exc
    finally:
        with suppress(ProcessLookupError):
            process.kill()
    if process.returncode == 0:
        return Verdict(**{of: [Problem(**one) for one in found] for of, found in json.loads(answer).items()})
    if process.returncode == _OUT_OF_TIME:
        message = f"compiling takes more than {PROCESSOR_SECONDS} s of processor time: split the Integration"
        return Verdict(problems=[Problem(message=message)])
    raise CompilationLost(f"the process ended with {process.returncode}")


_OUT_OF_TIME: Final = 3


def main() -> None:
    """Compile what comes in."""
    import resource
    import signal

    def out_of_time(*_: object) -> None:
        os._exit(_OUT_OF_TIME)

    signal.signal(signal.SIGXCPU, out_of_time)
    # the second bound is for code that no handler interrupts
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, 2 * PROCESSOR_SECONDS))
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
    json.dump(dataclasses.asdict(check_integration(json.load(sys.stdin))), sys.stdout)


if __name__ == "__main__":
    main()
