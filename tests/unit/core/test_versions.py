"""Which version is newer."""

from penstock_core.versions import precedence


def test_versions_are_ordered_semantically() -> None:
    """Numbers count as numbers, and a pre-release comes before its release."""
    ordered = [
        "1.0.0-alpha",
        "1.0.0-alpha.1",
        "1.0.0-alpha.beta",
        "1.0.0-rc.2",
        "1.0.0-rc.10",
        "1.0.0",
        "1.2.0",
        "1.10.0",
    ]

    assert ordered == sorted(set(ordered), key=precedence)
