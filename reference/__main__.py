"""`python -m reference`: writes docs/language.md and the cookbook's pages, or with --check compares them."""

import difflib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from reference import cookbook, language
from reference.recipes import folders, recipe

DOCS: Final = Path(__file__).resolve().parents[1] / "docs"


def texts() -> Iterator[tuple[str, str]]:
    """Path below docs and text of everything that is written."""
    yield "language.md", language.page()
    yield from cookbook.pages([recipe(folder) for folder in folders()])


def differences(docs: Path = DOCS) -> list[str]:
    """Lines of a unified diff from the files as they are to what they should be; none where they agree."""
    expected = dict(texts())
    present = {"language.md", *(str(path.relative_to(docs)) for path in docs.glob("cookbook/**/README.md"))}
    return [
        line
        for name in sorted(present | expected.keys())
        for line in difflib.unified_diff(
            _lines(docs / name),
            expected.get(name, "").splitlines(),
            f"docs/{name}",
            f"docs/{name} (generated)",
            lineterm="",
        )
    ]


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def main(arguments: list[str]) -> int:
    """The command; exit code 1 where `--check` found a difference."""
    if arguments == ["--check"]:
        found = differences()
        sys.stdout.writelines(f"{line}\n" for line in found)
        return 1 if found else 0
    for name, text in texts():
        (DOCS / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
