"""Named queries: SQL lives beside the module that runs it, loaded once when that is imported.

A query begins with `-- name: <name>` and a line that says what it does; its text ends at the next name.
"""

from pathlib import Path
from typing import Final

PLACE: Final = Path(__file__).parents[1]
_NAME: Final = "-- name: "


def parse(text: str) -> dict[str, str]:
    """Queries by name, comments left out; ValueError for a name that occurs twice or has no description."""
    queries: dict[str, str] = {}
    for section in ("\n" + text).split("\n" + _NAME)[1:]:
        name, *lines = section.splitlines()
        if not lines or not lines[0].startswith("-- "):
            raise ValueError(f"query {name}: the line after its name must describe it")
        if name in queries:
            raise ValueError(f"query {name} is there twice")
        queries[name] = "\n".join(line for line in lines if not line.lstrip().startswith("--")).strip()
    return queries


def load(module: str) -> dict[str, str]:
    """The queries of a module, named from the store on: `executions/running` for those in `executions/running.sql`."""
    return parse((PLACE / f"{module}.sql").read_text(encoding="utf-8"))
