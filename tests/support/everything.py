"""`make test`: every test there is, in the order in which a failure is cheapest, on a cluster that it starts and stops.

A test bed that is up already (from `make demo`, say) is stopped first: its release serves all namespaces and would take
part in the tests. An existing cluster (`PENSTOCK_TESTBED_CONTEXT`) is used as it stands and left standing.
"""

import os
import subprocess
import sys
import time

from testbed.layout import layout_from
from testbed.provider import choose

CYCLE = "testbed_cycle"


def stage(title: str, *command: str) -> None:
    """Run one stage with its output on the screen; the process ends with the stage's code where it fails."""
    print(f"\n== {title}", flush=True)
    start = time.monotonic()
    code = subprocess.run([sys.executable, "-m", *command], check=False).returncode
    print(
        f"-- {title}: {'done' if code == 0 else f'failed ({code})'} after {time.monotonic() - start:.0f} s", flush=True
    )
    if code:
        sys.exit(code)


def main() -> None:
    """Run all stages."""
    provider = choose(os.environ, layout_from(os.environ))
    ours = provider.name != "existing"
    node = provider.name == "node"
    stage("packages and programs that the tests need", "testbed", "packages")
    stage("unit tests", "pytest", "tests/unit", "-q")
    stage("integration tests (a real Postgres)", "pytest", "tests/integration", "-q")
    if ours and provider.running():
        stage("the test bed is up already: stopping it, `make demo` brings it back", "testbed", "down")
    stage("test bed", "testbed", "up")
    try:
        stage("images", "testbed", "images")
        stage("end to end, on a real cluster", "pytest", "tests/e2e", "-q", "--durations=10")
    finally:
        if ours:
            stage("test bed down", "testbed", "down")
    stage("the test bed itself", "pytest", "tests/testbed", "-q", *([] if node else ["-m", f"not {CYCLE}"]))


if __name__ == "__main__":
    main()
