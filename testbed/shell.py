"""Calls of other programs, with errors that show what the program said."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from testbed.errors import CommandFailed, TestbedError

LAST_LINES = 25


def run(
    argv: Sequence[str | Path],
    *,
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
    stdin: str | None = None,
) -> str:
    """Run a program to its end and return its standard output.

    Raises `CommandFailed` with the last lines that it wrote where it ends with another code than 0.
    """
    done = _finished(argv, environment=environment, directory=directory, stdin=stdin)
    if done.returncode != 0:
        raise CommandFailed(
            f"{' '.join(map(str, argv))}\nended with {done.returncode}:\n{tail(done.stderr or done.stdout)}"
        )
    return done.stdout


def succeeds(
    argv: Sequence[str | Path], *, environment: Mapping[str, str] | None = None, seconds: float | None = None
) -> bool:
    """Tell whether a program exists and ends with 0 within the time given."""
    try:
        return _finished(argv, environment=environment, seconds=seconds).returncode == 0
    except (TestbedError, subprocess.TimeoutExpired):
        return False


def tail(text: str, lines: int = LAST_LINES) -> str:
    """Return the last lines of a text."""
    return "\n".join(text.rstrip().splitlines()[-lines:])


def which(program: str) -> Path | None:
    """Find a program in PATH, or where administrators' programs usually lie."""
    places = os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin"
    found = shutil.which(program, path=places)
    return Path(found) if found else None


def _finished(
    argv: Sequence[str | Path],
    *,
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
    stdin: str | None = None,
    seconds: float | None = None,
) -> subprocess.CompletedProcess[str]:
    program = which(str(argv[0]))
    if program is None:
        raise TestbedError(f"{argv[0]} is not installed")
    return subprocess.run(
        [str(program), *map(str, argv[1:])],
        env=None if environment is None else dict(environment),
        cwd=directory,
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
