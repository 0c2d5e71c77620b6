"""One door: no second statement brings an execution into being."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
PROGRAMS = ("core", "operator", "gateway", "runner")
INSERT = re.compile(r"insert\s+into\s+(executions\b|\{[^}]*\}\S*)", re.IGNORECASE)
"""An insert into the table itself, or into one whose name a program makes up."""
MIGRATIONS = "core/penstock_core/store/schema/migrations"
DOOR = (f"{MIGRATIONS}/0008_after_failure.sql", "executions")
FORMER = (f"{MIGRATIONS}/0003_one_door.sql", "executions")
"""The door with an argument less, which programs of the release before and ticks still call."""
MOVES = {
    # rows that a new day's partition takes over from the default one: they were deleted there in the same statement
    ("core/penstock_core/store/schema/partitions.py", "{name(table, day)}"),
    # rows of a dropped day that have not ended: their old table goes in the same transaction
    ("core/penstock_core/store/schema/partitions.py", "{table}"),
}


def inserts() -> list[tuple[str, str]]:
    """File and target of every insert into executions, in SQL as in Python."""
    sources = (
        file
        for program in PROGRAMS
        for kind in ("*.sql", "*.py")
        for file in (ROOT / program).glob(f"penstock_*/**/{kind}")
    )
    return [
        (str(file.relative_to(ROOT)), target)
        for file in sources
        for target in INSERT.findall(file.read_text(encoding="utf-8"))
    ]


def test_one_statement_stores_executions() -> None:
    """Beside the door, only the maintenance of partitions writes rows of executions, and those are moved, not new."""
    found = inserts()

    assert found.count(DOOR) == found.count(FORMER) == 1
    assert set(found) - {DOOR, FORMER} == MOVES
