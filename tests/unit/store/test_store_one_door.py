"""One door: no second statement brings an execution into being."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
PROGRAMS = ("core", "operator", "gateway", "runner")
INSERT = re.compile(r"insert\s+into\s+(executions\b|\{[^}]*\}\S*)", re.IGNORECASE)
"""An insert into the table itself, or into one whose name a program makes up."""
DOOR = ("core/penstock_core/store/schema/migrations/0008_after_failure.sql", "executions")
BEFORE = ("core/penstock_core/store/schema/migrations/0003_one_door.sql", "executions")
"""The function with an argument less, which stays for a release."""
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
    """Beside the door and the one of before, only the maintenance of partitions writes rows of executions, and moves them."""
    found = inserts()

    assert [found.count(door) for door in (DOOR, BEFORE)] == [1, 1]
    assert set(found) - {DOOR, BEFORE} == MOVES
