"""The reference's pages are what the code says of itself."""

import re
from pathlib import Path

from reference.__main__ import DOCS, differences


def test_the_pages_are_up_to_date() -> None:
    """`make fix` would write what is there."""
    assert differences() == []


def test_a_page_that_differs_or_is_missing_is_found(tmp_path: Path) -> None:
    """`make check` fails for a page that was edited, or that nothing writes any more."""
    (tmp_path / "language.md").write_text(
        (DOCS / "language.md").read_text(encoding="utf-8") + "edited\n", encoding="utf-8"
    )
    (tmp_path / "cookbook" / "gone").mkdir(parents=True)
    (tmp_path / "cookbook" / "gone" / "README.md").write_text("gone\n", encoding="utf-8")

    found = differences(tmp_path)

    assert "-edited" in found
    assert "-gone" in found
    assert any(line.startswith("+++ docs/cookbook/README.md") for line in found)


def test_links_lead_somewhere() -> None:
    """What a page names by a relative link is there, its chapter too."""
    broken = [
        f"{page.relative_to(DOCS)}: {link}"
        for page in (DOCS / "language.md", *DOCS.glob("cookbook/**/README.md"))
        for link in re.findall(r"\]\(([^):]+)\)", page.read_text(encoding="utf-8"))
        if not leads_somewhere(page, link)
    ]

    assert broken == []


def leads_somewhere(page: Path, link: str) -> bool:
    file, _, chapter = link.partition("#")
    target = page.parent / file
    if not target.exists() or not chapter:
        return target.exists()
    titles = re.findall(r"^#+ (.*)$", target.read_text(encoding="utf-8"), re.MULTILINE)
    return chapter in {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}
