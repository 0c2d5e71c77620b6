"""Fields of the resources' models as tables: the descriptions are those of `kubectl explain`."""

import json
import re
from collections.abc import Iterator
from typing import Any, Final, get_args

from penstock_core.resources.actions import ACTIONS
from penstock_core.resources.actions.branch import Case
from penstock_core.resources.actions.for_each import ForEach
from penstock_core.resources.base import Resource
from penstock_core.resources.integration import (
    Concurrency,
    ConfigVariable,
    Connection,
    DeduplicateBy,
    FlowDefinition,
    ScheduleTrigger,
    WebhookTrigger,
)
from penstock_core.resources.steps import NestedStep, Retry, Step
from reference import markdown

_HEAD: Final = ("field", "what it is", "default", "example")
_PARTS: Final = re.compile(r"(?P<text>.*?)(?: Default: (?P<default>.*?)\.)?(?: Example: (?P<example>.*))?", re.DOTALL)


def of(model: type[Resource], *, without: frozenset[str] = frozenset()) -> str:
    """A table of a model's fields, in their order."""
    return markdown.table(_HEAD, _rows(model, without))


def _rows(model: type[Resource], without: frozenset[str]) -> Iterator[tuple[str, ...]]:
    for attribute, field in model.model_fields.items():
        name = field.alias or attribute
        if name in without:
            continue
        found = _PARTS.fullmatch(field.description or "")
        text, default, example = found.groups() if found else ("", "", "")
        shown = "required" if field.is_required() else default or ""
        yield markdown.code(name), text, shown, markdown.code(example) if example else ""


def steps() -> str:
    """The members that every step has beside its action."""
    return of(Step, without=frozenset(ACTIONS))


def actions() -> str:
    """A chapter for each action, in the order in which messages list them."""
    return "\n\n".join(_action(name) for name in ACTIONS)


def _action(name: str) -> str:
    each = " A list of cases, each with these fields." if name == "branch" else ""
    text = ACTIONS[name].text.removeprefix("Action: ")
    return f"### {name}\n\n{text[:1].upper()}{text[1:]}{each}\n\n{of(_model(name))}"


def _model(action: str) -> type[Resource]:
    """The fields of an action; of those that hold steps, as they are on the first level."""
    models = {(field.alias or attribute): field.annotation for attribute, field in Step.model_fields.items()}
    holding: dict[str, type[Resource]] = {"forEach": ForEach[NestedStep], "branch": Case[NestedStep]}
    return holding.get(action) or next(each for each in get_args(models[action]) if each is not type(None))


def examples(action: str) -> dict[str, Any]:
    """The example of each field of an action, as a value."""
    found = {}
    for attribute, field in _model(action).model_fields.items():
        match = _PARTS.fullmatch(field.description or "")
        if match and match["example"]:
            found[field.alias or attribute] = _value(match["example"])
    return found


def _value(shown: str) -> Any:
    """Texts stand in descriptions as they are, everything else as JSON."""
    try:
        return json.loads(shown)
    except ValueError:
        return shown


MODELS: Final[dict[str, type[Resource]]] = {
    "retry": Retry,
    "flow": FlowDefinition,
    "webhook": WebhookTrigger,
    "schedule": ScheduleTrigger,
    "concurrency": Concurrency,
    "deduplicateBy": DeduplicateBy,
    "configVariables": ConfigVariable,
    "connections": Connection,
}
"""Whose fields have a table, by the name that the text has for it."""
