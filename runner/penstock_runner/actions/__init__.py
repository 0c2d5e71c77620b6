"""The kinds of steps, by the member that names them in a step; each is loaded by the first step that needs it."""

from functools import cache
from importlib import import_module
from typing import Any

from penstock_runner.engine.action import Action

_MODULES = {
    "set": ("set", "Set"),
    "check": ("check", "Check"),
    "stop": ("stop", "Stop"),
    "branch": ("branch", "Branch"),
    "forEach": ("for_each", "ForEach"),
    "sleep": ("sleep", "Sleep"),
    "http": ("http.action", "Http"),
    "python": ("python.action", "Python"),
}


def kind_of(step: dict[str, Any]) -> str | None:
    """The member of a step that is its action, None where this release knows none of its members."""
    return next((name for name in _MODULES if name in step), None)


@cache
def action(kind: str) -> Action:
    """The action of a kind."""
    module, name = _MODULES[kind]
    made: Action = getattr(import_module(f"penstock_runner.actions.{module}"), name)()
    return made


def has_effect(step: dict[str, Any]) -> bool:
    """True where a step's action, or one inside it, has an effect outside of this process."""
    kind = kind_of(step)
    return kind is not None and action(kind).has_effect(step[kind])
