"""Where the test bed keeps its things."""

from pathlib import Path

import pytest
from testbed.errors import TestbedError
from testbed.layout import LONGEST_STATE, layout_from


def test_directories_come_from_the_environment() -> None:
    """PENSTOCK_STATE and PENSTOCK_CACHE name the directories."""
    layout = layout_from({"HOME": "/home/kim", "PENSTOCK_STATE": "/srv/state", "PENSTOCK_CACHE": "/srv/cache"})

    assert (layout.state, layout.cache) == (Path("/srv/state"), Path("/srv/cache"))


def test_defaults_lie_outside_the_checkout() -> None:
    """Without variables nothing is kept in the checkout."""
    layout = layout_from({"HOME": "/home/kim"})

    assert (layout.state, layout.cache) == (Path("/var/lib/penstock-testbed"), Path("/home/kim/.cache/penstock"))


@pytest.mark.parametrize("state", ["relative/path", "/", "/var", "/" + "x" * LONGEST_STATE])
def test_a_state_directory_that_cannot_work_is_refused(state: str) -> None:
    """The state directory is removed by `down` and holds sockets: it must be a short path of its own."""
    with pytest.raises(TestbedError, match="PENSTOCK_STATE"):
        layout_from({"PENSTOCK_STATE": state})
