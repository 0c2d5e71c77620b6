"""The table of actions: by the member that names it in a step, where each is found; loaded by the first step that needs it."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Final

from penstock_runner.engine.action import Action, Actions


def _in(module: str, name: str) -> Callable[[], Action]:
    """Makes the action that a module of this package defines under `name`."""

    def make() -> Action:
        made: Action = getattr(import_module(f"penstock_runner.actions.{module}"), name)()
        return made

    return make


KINDS: Final[Mapping[str, Callable[[], Action]]] = {
    "set": _in("set", "Set"),
    "check": _in("check", "Check"),
    "stop": _in("stop", "Stop"),
    "branch": _in("branch", "Branch"),
    "forEach": _in("for_each", "ForEach"),
    "sleep": _in("sleep", "Sleep"),
    "http": _in("http.action", "Http"),
    "python": _in("python.action", "Python"),
}
TABLE: Final = Actions(KINDS)
"""What the engine is handed."""
