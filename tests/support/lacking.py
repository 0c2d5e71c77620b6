"""What a machine does not have: tests that need it are skipped there, and fail under CI, where nothing may be skipped."""

import os
from typing import NoReturn

import pytest


def lacking(reason: str) -> NoReturn:
    """End the test, or all that use the fixture, with what is missing and how it is got."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
