"""Who the running node is."""

import os
import subprocess
from dataclasses import replace
from pathlib import Path

from testbed.record import of_holder


def test_a_running_process_is_alive_until_it_is_killed() -> None:
    """`kill` returns when the process is gone."""
    with subprocess.Popen(["sleep", "30"]) as process:
        node = of_holder(process.pid, Path("/srv/state"))

        assert node.alive

        node.kill()

        assert not node.alive


def test_a_process_id_that_was_given_again_is_somebody_else() -> None:
    """A record of another start time is not of this process, which is never killed for it."""
    node = replace(of_holder(os.getpid(), Path("/srv/state")), holder_started=1)

    assert not node.alive

    node.kill()


def test_a_record_of_before_a_reboot_is_of_no_process() -> None:
    """Process ids and start times begin anew at each boot."""
    node = replace(of_holder(os.getpid(), Path("/srv/state")), boot="another")

    assert not node.alive
