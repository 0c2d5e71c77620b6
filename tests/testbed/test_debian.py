"""Which Debian packages are missing."""

import pytest
from testbed.debian import missing, parse_version


@pytest.mark.parametrize(
    ("version", "expected"),
    [("2:1.26~3", (1, 26)), ("1.19.8-1+deb12u1", (1, 19)), ("(none)", None), ("3", None)],
)
def test_debian_versions_are_read(version: str, expected: tuple[int, int] | None) -> None:
    """Epoch and revision do not matter, major and minor do."""
    assert expected == parse_version(version)


def test_only_missing_packages_are_named_and_each_once() -> None:
    """What is installed is left alone; two programs of one package make one package."""
    programs = {
        "sh": "dash",
        "no-such-program": "some",
        "/no/such/file": "some",
        "/no/such/*/file": "some",
        "/etc/host*": "base",
    }

    assert missing(programs) == ["some"]
