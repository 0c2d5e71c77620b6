"""A large Integration is compiled in a process of its own."""

import os
import sys
from typing import Any

import pytest

from penstock_core.compiler import Problem, Verdict, check_integration
from penstock_operator.integrations.compilation import Compilation, CompilationLost


def spec(size: int, **step: Any) -> dict[str, Any]:
    """An Integration of about so many characters."""
    steps = [{"name": "a", "set": {"value": "x" * size}}, {"name": "b", **step}]
    return {"version": "1.0.0", "flows": [{"name": "f", "trigger": {"webhook": {}}, "steps": steps}]}


@pytest.mark.parametrize("size", [10, 50_000])
async def test_problems_are_the_same_wherever_they_are_found(size: int) -> None:
    """Thread and process give what the compiler gives."""
    wrong = spec(size, set={"value": "${config.no}"})

    assert await Compilation().verdict(spec(size, set={"value": 1})) == Verdict(problems=[], warnings=[])
    assert await Compilation().verdict(wrong) == check_integration(wrong) != Verdict(problems=[], warnings=[])


async def test_a_process_that_is_lost_is_no_problem_of_the_integration(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the process ends by itself, as for memory, the Integration is looked at again."""
    monkeypatch.setattr(sys, "executable", "/bin/false")

    with pytest.raises(CompilationLost):
        await Compilation().verdict(spec(50_000, set={"value": 1}))


async def test_the_process_is_told_nothing_of_the_operator(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """Credentials in the operator's environment stay there."""
    monkeypatch.setenv("PENSTOCK_DSN", "canary")
    seen = tmp_path / "environment"
    program = tmp_path / "python"
    program.write_text(f"#!/bin/sh\nenv > {seen}\ncat > /dev/null\necho '{{}}'\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", os.fspath(program))

    assert await Compilation().verdict(spec(50_000, set={"value": 1})) == Verdict()
    assert "canary" not in seen.read_text()


async def test_what_takes_too_long_is_refused_in_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """A process that used up its time is a problem of the Integration."""
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\ncat > /dev/null\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", os.fspath(program))

    verdict = await Compilation().verdict(spec(50_000, set={"value": 1}))

    assert verdict.problems == [
        Problem(message="compiling takes more than 30 s of processor time: split the Integration")
    ]
