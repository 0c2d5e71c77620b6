"""Fixtures of the engine's tests."""

import pytest

from engine_stand import Stand


@pytest.fixture
def stand() -> Stand:
    return Stand()
