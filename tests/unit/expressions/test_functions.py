"""The table of functions: each example gives what the table says it gives."""

from typing import Any

import pytest

from penstock_core.expressions import Scope, template
from penstock_core.expressions.functions import TOPICS, names, table
from penstock_core.expressions.functions.calling.function import Function

FUNCTIONS = [(topic, function) for topic, functions in table().items() for function in functions]


def value(text: str, **variables: Any) -> Any:
    """What an expression gives; `x`, `y` and `z` are variables."""
    return template(f"${{{text}}}", Scope(frozenset({"x", "y", "z"}))).evaluate(variables)


@pytest.mark.parametrize(
    ("topic", "function"), FUNCTIONS, ids=[f"{topic} {function.name}" for topic, function in FUNCTIONS]
)
def test_each_example_gives_what_it_says(topic: str, function: Function, request: pytest.FixtureRequest) -> None:
    """The reference shows it."""
    if topic == "regex":
        request.getfixturevalue("re2")

    found = value(function.example)

    assert found == function.gives
    assert type(found) is type(function.gives)
    assert function.name in function.example


def test_the_index_of_topics_is_what_their_modules_have() -> None:
    """It is what a name is looked up in, before a module is loaded."""
    found = table()

    assert {topic: [f.name for f in found[topic] if f.action] for topic in TOPICS} == {
        topic: list(listed) for topic, listed in TOPICS.items()
    }


def test_no_name_stands_for_a_variable_as_well() -> None:
    """What stands before a dot is a topic's word, and no variable's."""
    scope = Scope.of(config=["a"], steps=["s"], item=True, output=True, error=True)
    roots = {name.split(".")[0] for name in scope.names}

    assert roots & {name.split(".")[0] for name in names()} == set()
