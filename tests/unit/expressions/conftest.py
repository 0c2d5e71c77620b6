"""What tests of expressions share."""

from importlib.util import find_spec

import pytest

from lacking import lacking


@pytest.fixture
def re2() -> None:
    """The library of regular expressions, which an environment from before it was needed lacks."""
    if find_spec("re2") is None:
        lacking("google-re2 is not installed: `make setup`")
