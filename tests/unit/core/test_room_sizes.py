"""A newcomer reads a folder at a glance: how many modules stand in each of the programs' folders, counted."""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[3]
PROGRAMS: Final = ("core", "operator", "gateway", "runner")
MOST: Final = 12
OUTGROWN: Final[frozenset[str]] = frozenset()
"""Folders that may hold more, as paths from the checkout; none does."""


def modules(root: Path) -> dict[str, int]:
    """How many modules each folder below the programs has, by its path from `root`; its `__init__.py` is the folder itself."""
    found: dict[str, int] = {}
    for path in (path for program in PROGRAMS for path in (root / program).rglob("*.py")):
        if path.name != "__init__.py":
            folder = str(path.parent.relative_to(root))
            found[folder] = found.get(folder, 0) + 1
    return found


def test_a_folder_holds_at_most_a_dozen_modules() -> None:
    """No folder of the four programs has more than a dozen modules, but for those that are named above."""
    large = {folder: count for folder, count in modules(ROOT).items() if count > MOST}

    assert large.keys() == OUTGROWN, f"make a room by topic, see docs/architecture.md: {large}"


def test_each_program_is_counted() -> None:
    """Each of the four programs has folders that count, so that a program that moved is not forgotten."""
    assert {Path(folder).parts[0] for folder in modules(ROOT)} == set(PROGRAMS)


def test_what_counts_as_a_module(tmp_path: Path) -> None:
    """Files of Python count in their own folder alone; `__init__.py`, queries and markers do not."""
    room = tmp_path / "core" / "room"
    (room / "inner").mkdir(parents=True)
    for name in ("__init__.py", "a.py", "b.py", "b.sql", "py.typed", "inner/__init__.py", "inner/c.py"):
        (room / name).touch()

    assert modules(tmp_path) == {"core/room": 2, "core/room/inner": 1}
