"""What makes a version's content another."""

from typing import Any

from penstock_core.manifests.integration_version import content_hash


def test_texts_for_people_do_not_change_a_version() -> None:
    """displayName and description may change without a new version."""
    plain: dict[str, Any] = {"version": "1.0.0", "flows": []}

    assert content_hash(plain) == content_hash({**plain, "displayName": "x", "description": "y"})
    assert content_hash(plain) != content_hash({**plain, "flows": [1]})
