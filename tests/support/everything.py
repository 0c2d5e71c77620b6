"""`make test`: every test there is, in the order in which a failure is cheapest, on a cluster that it starts and stops.

A cluster that is already up (from `make demo`, say) is used and left standing; then the test of the test bed itself cannot run and says so.
"""

import subprocess
import sys
import time

MACHINE_CYCLE = "testbed_cycle"


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
    stage("packages that the tests need", "testbed", "packages")
    stage("unit tests", "pytest", "tests/unit", "-q")
    stage("integration tests (a real Postgres)", "pytest", "tests/integration", "-q")
    standing = (
        subprocess.run([sys.executable, "-m", "testbed", "status"], check=False, capture_output=True).returncode == 0
    )
    stage("test bed", "testbed", "up")
    try:
        stage("images", "testbed", "images")
        stage("end to end, on a real cluster", "pytest", "tests/e2e", "-q", "--durations=10")
    finally:
        if not standing:
            stage("test bed down", "testbed", "down")
    stage("the test bed itself", "pytest", "tests/testbed", "-q", *(["-m", f"not {MACHINE_CYCLE}"] if standing else []))
    if standing:
        print(
            "A cluster was up before: it still is, and the test that starts and stops one was left out. `make cluster-down` first runs it too."
        )


if __name__ == "__main__":
    main()
