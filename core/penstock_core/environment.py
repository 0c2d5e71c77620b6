"""Reads a program's settings from its environment, and tells everything that is wrong with it at once.

A runner reads its own: it takes its variables away while it reads, secrets first.
"""

import json
from collections.abc import Mapping
from typing import Any

from penstock_core.errors import SettingsError


class Environment:
    """Variables by name; an empty one counts as not set. What is wrong is kept until `check`."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self._problems: list[str] = []

    def required(self, name: str) -> str:
        """Its text; "" and a problem where it is not set."""
        text = self.text(name)
        if not text:
            self._problems.append(f"{name} is not set")
        return text

    def text(self, name: str, *, default: str = "") -> str:
        """Its text, `default` where it is not set."""
        return self._variables.get(name) or default

    def names(self, name: str) -> tuple[str, ...]:
        """The parts of a list with commas, without blanks; empty where it is not set."""
        return tuple(part.strip() for part in self.text(name).split(",") if part.strip())

    def integer(self, name: str, *, default: int) -> int:
        """A whole number of 1 or more; `default` where it is not set, and where there is a problem with it."""
        text = self.text(name, default=str(default)).strip()
        if not text.isdecimal() or int(text) < 1:
            self._problems.append(f"{name} is {text!r}: give a whole number of 1 or more")
            return default
        return int(text)

    def objects(self, name: str) -> tuple[Mapping[str, Any], ...]:
        """The objects of a JSON list; empty where it is not set, and where there is a problem with it."""
        try:
            found = json.loads(self.text(name, default="[]"))
        except ValueError:
            found = None
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
            self._problems.append(f"{name} is no JSON list of objects")
            return ()
        return tuple(found)

    def flag(self, name: str, *, default: bool) -> bool:
        """`true` or `false`, in any case; `default` for anything else."""
        return {"true": True, "false": False}.get(self.text(name).lower(), default)

    def check(self) -> None:
        """Raises SettingsError that names every variable that is missing or malformed."""
        if self._problems:
            raise SettingsError("; ".join(self._problems))
