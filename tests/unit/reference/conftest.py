"""Fixtures of the reference's tests."""

import pytest

from engine_stand import Stand


@pytest.fixture
def stand() -> Stand:
    return Stand()
