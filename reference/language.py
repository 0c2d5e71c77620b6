"""docs/language.md: the prose of language.md beside this module, with tables where it names them."""

import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final

from penstock_core.body import content_types, encodings
from penstock_core.expressions import functions
from penstock_core.expressions.reading.variables import VARIABLES
from penstock_core.resources.base import default_of
from penstock_core.resources.integration import FlowDefinition
from penstock_core.resources.steps import Retry
from reference import bodies, fields, limits, markdown, python_values
from reference.cookbook import NOTE

SOURCE: Final = Path(__file__).with_name("language.md")
DOCKERFILE: Final = Path(__file__).resolve().parents[1] / "Dockerfile"
_PLACE: Final = re.compile(r"<!-- (?:table|chapters|value): (\w+) -->")


def page() -> str:
    """The page's text."""
    text = _PLACE.sub(lambda found: PARTS[found[1]](), SOURCE.read_text(encoding="utf-8"))
    return f"{NOTE.format(source='reference/language.md and the tables that it names')}\n{text}"


def variables() -> str:
    """All variables, as `scope` declares them."""
    rows = (
        (markdown.code(each.name), each.type, each.says, markdown.code(markdown.value(each.example)))
        for each in VARIABLES
    )
    return markdown.table(("variable", "type", "what it is", "example"), rows)


def body_table() -> str:
    """How each content type arrives, in the order in which the rows are looked at."""
    rows = [(", ".join(map(_type, row.types)), row.arrives) for row in content_types.TABLE]
    return markdown.table(("content type", "arrives as"), [*rows, ("all others", content_types.OTHERS)])


def _type(name: str) -> str:
    return markdown.code(name) if name else "none"


def function_chapters() -> str:
    """A chapter for each topic, with every function's forms, meaning, bounds and an example with its value."""
    return "\n\n".join(f"### {topic}\n\n{_functions(found)}" for topic, found in functions.table().items())


def _functions(found: tuple[functions.Function, ...]) -> str:
    rows = (
        (
            ", ".join(map(markdown.code, each.written)),
            f"{each.says} At most {each.bounds}." if each.bounds else each.says,
            f"{markdown.code(each.example)} gives {markdown.code(markdown.value(each.gives))}",
        )
        for each in found
    )
    return markdown.table(("function", "what it gives", "example"), rows)


def python_version() -> str:
    """That of the image that runners are built on."""
    found = re.search(r"^ARG BASE=python:(\d+\.\d+)", DOCKERFILE.read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise ValueError(f"{DOCKERFILE} names no version of Python")
    return found[1]


PARTS: Final[Mapping[str, Callable[[], str]]] = {
    "variables": variables,
    "contentTypes": body_table,
    "bodies": bodies.table,
    "contentEncodings": lambda: encodings.ACCEPTED,
    "functions": function_chapters,
    "steps": fields.steps,
    "actions": fields.actions,
    "limits": limits.table,
    "pythonValues": python_values.table,
    "pythonVersion": python_version,
    "retryDelay": lambda: str(default_of(Retry, "delay")),
    "flowTimeout": lambda: str(default_of(FlowDefinition, "timeout")),
    **{name: partial(fields.of, model) for name, model in fields.MODELS.items()},
}
"""What the text may name."""
