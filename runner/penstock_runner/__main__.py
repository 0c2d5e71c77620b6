"""`python -m penstock_runner`: what a Job's container runs. Exit codes are in `penstock_core.names`."""

import gc
import os
import sys

from penstock_runner.errors import ConfigurationError
from penstock_runner.process import environment


def main() -> int:
    """Run one execution; the exit code."""
    # a process that lives for a second: collecting while modules load costs more than it frees
    gc.disable()
    try:
        settings = environment.take(os.environ)
    except ConfigurationError as exc:
        sys.stderr.write(f"penstock-runner: {exc}\n")
        return 1
    from penstock_runner.process import session

    environment.hide()
    return session.run(settings)


if __name__ == "__main__":
    try:
        code = main()
    except Exception:  # noqa: BLE001 - the outermost frame: say what broke and let the Job's policy decide
        import traceback

        traceback.print_exc()
        code = 1
    sys.stderr.flush()
    # abandoned threads may still wait for the network: nothing is left to do that could not be lost
    os._exit(code)
