"""Which Debian packages are missing."""

from testbed.debian import missing


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
