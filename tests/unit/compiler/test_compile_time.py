"""Compiling an Integration is bounded by its text: nothing that fits into an object takes the operator longer than seconds."""

from collections.abc import Callable
from typing import Any

import pytest

from penstock_core import compiler
from penstock_core.compiler import compile_integration
from penstock_core.compiler.step_check import MAX_FOUND
from penstock_core.expressions import Scope, template
from penstock_core.expressions.cel import engine


def spec(*flows: list[dict[str, Any]]) -> dict[str, Any]:
    """An Integration with these flows' steps."""
    variables = [{"name": f"v{number}", "type": "number"} for number in range(100)]
    named = [{"name": f"f{at}", "trigger": {"webhook": {}}, "steps": steps} for at, steps in enumerate(flows)]
    return {"version": "1.0.0", "configVariables": variables, "flows": named}


def values(text: Callable[[int], str], *, count: int) -> list[dict[str, Any]]:
    """Steps of a hundred texts each."""
    return [
        {"name": f"s{at}", "set": {"value": {f"k{number}": text(number) for number in range(at, at + 100)}}}
        for at in range(0, count, 100)
    ]


@pytest.mark.parametrize(
    "text",
    [
        lambda number: f"${{{number} + config.v1}}",
        lambda number: f"${{config.v{number % 100} + config.v{number // 100 % 100}}}",
        lambda number: "${[" + "1, " * 300 + f"{number}]}}",
    ],
    ids=["many", "of other variables each", "long"],
)
def test_what_computes_too_much_is_refused_in_words(
    monkeypatch: pytest.MonkeyPatch, text: Callable[[int], str]
) -> None:
    """Once the budget of all flows is spent nothing more is compiled."""
    monkeypatch.setattr(compiler, "MAX_COMPUTED", 600)
    compiled: list[str] = []
    compile_program = engine.compile_program

    def counted(given: str, *rest: Any) -> Any:
        compiled.append(given)
        return compile_program(given, *rest)

    monkeypatch.setattr(engine, "compile_program", counted)

    [problem] = compile_integration(spec(values(text, count=400), values(text, count=400)))

    assert "computes too much" in str(problem)
    assert "split the Integration" in str(problem)
    assert len(compiled) <= 601


def test_a_text_that_is_there_again_costs_nothing() -> None:
    """The same expression in the same step is compiled once."""
    steps = values(lambda _: "${config.v1 + 1}", count=30_000)

    assert compile_integration(spec(steps)) == []


def test_problems_are_looked_for_until_there_are_enough() -> None:
    """Each unknown name is looked up among all that there are: a flow that is wrong throughout is not read to its end."""
    problems = compile_integration(spec(values(lambda number: f"${{config.w{number}}}", count=3000)))

    assert len(problems) == compiler.MAX_PROBLEMS + 1
    assert str(problems[-1]) == f"spec: {MAX_FOUND - compiler.MAX_PROBLEMS} more problems: correct these first"


def test_variables_are_told_apart_whatever_they_are_called() -> None:
    """Expressions that read as many variables share what they are compiled in, and read their own."""
    scope = Scope.of(config=["a", "b"], steps=["s"], item=True)
    variables = {"config": {"a": 1, "b": 2}, "steps": {"s": {"output": {"a": 5}}}, "item": {"a": 7}}

    found = [
        template(text, scope).evaluate(variables)
        for text in (
            "${config.a - config.b}", "${config.b - config.a}", "${steps.s.output.a + item.a}", "${[1].map(item, item + config.a)}",
            "${config.b + 1}",
        )
    ]  # fmt: skip

    assert found == [-1, 1, 12, [2], 3]
