"""`make test`: every test there is, on a cluster that it starts and stops.

What needs the cluster takes longest and mostly waits, so it begins at once: the test bed proves itself, starts, gets its
images, and the tests end to end follow. Beside it the tests that need no cluster compute, with what the others leave of
the processors; they are on the screen first, being the cheapest to fail.
A test bed that is up already (from `make demo`, say) is stopped first: its release serves all namespaces and would take
part in the tests. An existing cluster (`PENSTOCK_TESTBED_CONTEXT`) is used as it stands and left standing.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from queue import SimpleQueue

from testbed.layout import layout_from
from testbed.provider import choose

COMPUTING = ("-n", "2")
"""Workers for tests that compute: as many as the cores of a small machine."""
WAITING = ("-n", "6")
"""Workers for tests that wait for a cluster most of the time."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A module of Python that is run with words, and what it is called; a modest one leaves the processors to others."""

    title: str
    command: tuple[str, ...]
    modest: bool = False

    def started(self, *, shown: bool) -> "subprocess.Popen[str]":
        """The process, with its output on the screen; or in its `stdout`, and then first of a group of its own."""
        return subprocess.Popen(
            [*(("nice", "-n", "10") if self.modest else ()), sys.executable, "-m", *self.command],
            text=True,
            stdout=None if shown else subprocess.PIPE,
            stderr=None if shown else subprocess.STDOUT,
            process_group=None if shown else 0,
        )

    def run(
        self,
        *,
        say: Callable[[str], None] | None = None,
        seen: Callable[["subprocess.Popen[str]"], None] | None = None,
    ) -> None:
        """Run it to its end, its output on the screen or line by line given to `say`; raises Failed.

        `seen` is given the process.
        """
        tell = say or _show
        tell(f"\n== {self.title}\n")
        start = time.monotonic()
        with self.started(shown=say is None) as process:
            if seen:
                seen(process)
            for line in process.stdout or ():
                tell(line)
        outcome = "done" if process.returncode == 0 else f"failed ({process.returncode})"
        tell(f"-- {self.title}: {outcome} after {time.monotonic() - start:.0f} s\n")
        if process.returncode:
            raise Failed(process.returncode)


class Failed(Exception):
    """A stage failed, and has said why; with its process's code."""


def _show(text: str) -> None:
    print(text, end="", flush=True)


class Aside:
    """Stages that run one after the other beside those on the screen: what they say is kept until it is asked for."""

    def __init__(self, *stages: Stage) -> None:
        self._stages = stages
        self._said: SimpleQueue[str | None] = SimpleQueue()
        self._process: subprocess.Popen[str] | None = None
        self._ended = False
        self._failure: Failed | None = None
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def shown(self) -> None:
        """Show what they said, and what they say from now on, until all are through; raises Failed."""
        while (line := self._said.get()) is not None:
            _show(line)
        if self._failure:
            raise self._failure

    def end(self) -> None:
        """End them where they are, with all that they started; nothing is done where they are through."""
        self._ended = True
        self._terminate()
        self._thread.join()

    def _run(self) -> None:
        try:
            for stage in self._stages:
                stage.run(say=self._said.put, seen=self._see)
        except Failed as failure:
            self._failure = failure
        finally:
            self._said.put(None)

    def _see(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        if self._ended:
            self._terminate()

    def _terminate(self) -> None:
        if self._process and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGTERM)


PACKAGES = Stage(title="packages and programs that the tests need", command=("testbed", "packages"))
UNIT = Stage(title="unit tests", command=("pytest", "tests/unit", "-q", *COMPUTING), modest=True)
INTEGRATION = Stage(
    title="integration tests (a real Postgres)", command=("pytest", "tests/integration", "-q", *COMPUTING), modest=True
)
STOP = Stage(title="the test bed is up already: stopping it, `make demo` brings it back", command=("testbed", "down"))
# two pytests at once would write one cache
ASIDE = ("-p", "no:cacheprovider")
BED = Stage(title="the test bed itself", command=("pytest", "tests/testbed", "-q", "--durations=5", *ASIDE))
BED_WITHOUT_NODE = Stage(title=BED.title, command=(*BED.command, "-m", "not testbed_cycle"))
UP = Stage(title="test bed", command=("testbed", "up"))
IMAGES = Stage(title="images", command=("testbed", "images"))
E2E = Stage(
    title="end to end, on a real cluster", command=("pytest", "tests/e2e", "-q", "--durations=10", *WAITING, *ASIDE)
)
DOWN = Stage(title="test bed down", command=("testbed", "down"))


def run_all() -> None:
    """Run all stages; raises `Failed` at the first one that fails."""
    provider = choose(os.environ, layout_from(os.environ))
    ours = provider.name != "existing"
    PACKAGES.run()
    if ours and provider.running():
        STOP.run()
    aside = Aside(BED if provider.name == "node" else BED_WITHOUT_NODE, UP, IMAGES, E2E)
    try:
        UNIT.run()
        INTEGRATION.run()
        aside.shown()
    finally:
        aside.end()
        if ours:
            DOWN.run()


def main() -> None:
    """Run all stages and say how long it took; the process ends with the code of the one that failed."""
    start = time.monotonic()
    try:
        run_all()
    except Failed as failure:
        sys.exit(failure.args[0])
    print(f"\n-- all tests passed in {(time.monotonic() - start) / 60:.1f} min", flush=True)


if __name__ == "__main__":
    main()
