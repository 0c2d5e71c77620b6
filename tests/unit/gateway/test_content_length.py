"""Lengths that are refused before anything is read."""

import pytest

from penstock_gateway.problems import Problem
from penstock_gateway.webhooks.intake import Intake


@pytest.mark.parametrize(("length", "slug"), [(b"11", "body-too-large"), (b"-1", "malformed-request"), (b"9" * 40, "body-too-large"), (b"x", "malformed-request")])  # fmt: skip
def test_content_length_is_checked(length: bytes, slug: str) -> None:
    """A length that is too much or no number is refused before anything is read."""
    with pytest.raises(Problem) as caught:
        Intake(body_limit=10, total_limit=100).length({b"content-length": length})

    assert caught.value.kind.slug == slug
