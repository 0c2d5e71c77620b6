"""The exception tree is as its module draws it."""

import inspect

from penstock_core import errors


def test_every_exception_stands_in_the_tree_of_the_docstring() -> None:
    """An exception that is added is also drawn, below its base."""
    drawn = inspect.getdoc(errors) or ""
    defined = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if kind.__module__ == errors.__name__]

    assert {kind.__name__ for kind in defined} == {line.split()[0].strip("├└─│ ") for line in _tree(drawn)}
    assert all(issubclass(kind, errors.PenstockError) for kind in defined)


def _tree(text: str) -> list[str]:
    lines = [line.replace("│", " ").replace("├──", " ").replace("└──", " ").strip() for line in text.splitlines()[2:]]
    return [line for line in lines if line]
