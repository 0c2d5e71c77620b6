"""`make test`: every test there is, in the order in which a failure is cheapest, on a cluster that it starts and stops.

The test bed proves itself, starts and gets its images beside the tests that need no cluster: it mostly waits, they mostly compute.
What it says is shown once they are through.
A test bed that is up already (from `make demo`, say) is stopped first: its release serves all namespaces and would take
part in the tests. An existing cluster (`PENSTOCK_TESTBED_CONTEXT`) is used as it stands and left standing.
"""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from testbed.layout import layout_from
from testbed.provider import choose

COMPUTING = ("-n", "2")
"""Workers for tests that compute: as many as the cores of a small machine."""
WAITING = ("-n", "4")
"""Workers for tests that wait for a cluster most of the time."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A module of Python that is run with words, and what it is called."""

    title: str
    command: tuple[str, ...]

    def run(self, *, shown: bool = True) -> str:
        """Run it, with its output on the screen or returned; the process's code is raised where it fails."""
        print(f"\n== {self.title}{'' if shown else ' (meanwhile)'}", flush=True)
        start = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", *self.command],
            check=False,
            text=True,
            stdout=None if shown else subprocess.PIPE,
            stderr=None if shown else subprocess.STDOUT,
        )
        outcome = "done" if done.returncode == 0 else f"failed ({done.returncode})"
        text = f"-- {self.title}: {outcome} after {time.monotonic() - start:.0f} s"
        if shown:
            print(text, flush=True)
        else:
            text = f"\n== {self.title}\n{done.stdout}{text}"
        if done.returncode:
            raise Failed(text if not shown else "", done.returncode)
        return text


class Failed(Exception):
    """A stage failed: what is still to be shown of it, and the process's code."""


PACKAGES = Stage(title="packages and programs that the tests need", command=("testbed", "packages"))
UNIT = Stage(title="unit tests", command=("pytest", "tests/unit", "-q", *COMPUTING))
INTEGRATION = Stage(
    title="integration tests (a real Postgres)", command=("pytest", "tests/integration", "-q", *COMPUTING)
)
STOP = Stage(title="the test bed is up already: stopping it, `make demo` brings it back", command=("testbed", "down"))
BED = Stage(
    title="the test bed itself",
    # two pytests at once would write one cache
    command=("pytest", "tests/testbed", "-q", "--durations=5", "-p", "no:cacheprovider"),
)
BED_WITHOUT_NODE = Stage(title=BED.title, command=(*BED.command, "-m", "not testbed_cycle"))
UP = Stage(title="test bed", command=("testbed", "up"))
IMAGES = Stage(title="images", command=("testbed", "images"))
E2E = Stage(title="end to end, on a real cluster", command=("pytest", "tests/e2e", "-q", "--durations=10", *WAITING))
DOWN = Stage(title="test bed down", command=("testbed", "down"))


def meanwhile(*stages: Stage) -> str:
    """What the stages say, one after the other, without a word on the screen."""
    return "\n".join(stage.run(shown=False) for stage in stages)


def run_all() -> None:
    """Run all stages; raises `Failed` at the first one that fails."""
    provider = choose(os.environ, layout_from(os.environ))
    ours = provider.name != "existing"
    PACKAGES.run()
    if ours and provider.running():
        STOP.run()
    bed = BED if provider.name == "node" else BED_WITHOUT_NODE
    try:
        with ThreadPoolExecutor(1) as pool:
            aside = pool.submit(meanwhile, bed, UP, IMAGES)
            UNIT.run()
            INTEGRATION.run()
            print(aside.result(), flush=True)
        E2E.run()
    finally:
        if ours:
            DOWN.run()


def main() -> None:
    """Run all stages and say how long it took; the process ends with the code of the one that failed."""
    start = time.monotonic()
    try:
        run_all()
    except Failed as failure:
        output, code = failure.args
        print(output, flush=True)
        sys.exit(code)
    print(f"\n-- all tests passed in {(time.monotonic() - start) / 60:.1f} min", flush=True)


if __name__ == "__main__":
    main()
