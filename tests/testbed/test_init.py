"""Process 1 of the node."""

import json
import socket
import subprocess
import sys
from pathlib import Path

from testbed.init import answers

RUN_COMPONENTS = """
import json, sys
from testbed.init import Plan, run_components
print(json.dumps(run_components(Plan(**json.loads(sys.argv[1])))))
"""


def plan(logs: Path, components: list[dict[str, object]]) -> str:
    return json.dumps(
        {
            "device": "none",
            "hostname": "none",
            "hidden": {},
            "kept": [],
            "commands": [],
            "components": [{"environment": {}, "after": "", **component} for component in components],
            "environment": {"PATH": "/usr/bin:/bin"},
            "logs": str(logs),
            "authority": "none",
            "failure": "none",
        }
    )


def test_a_listening_port_answers_and_a_closed_one_does_not() -> None:
    """A component waits for another's port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"

        assert answers(address, "none")

    assert not answers(address, "none")


def test_nothing_to_wait_for_counts_as_an_answer() -> None:
    """The first components start at once."""
    assert answers("", "none")


def test_the_first_component_that_ends_is_named_with_its_status(tmp_path: Path) -> None:
    """One that dies ends the node, whatever the others do, and its output is in its log."""
    components: list[dict[str, object]] = [
        {"name": "steady", "argv": ["sleep", "30"]},
        {"name": "broken", "argv": ["sh", "-c", "echo cannot go on; exit 3"]},
        {"name": "late", "argv": ["sleep", "30"], "after": "tcp://127.0.0.1:9"},
    ]
    script = [sys.executable, "-c", RUN_COMPONENTS, plan(tmp_path, components)]
    done = subprocess.run(script, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])

    assert json.loads(done.stdout.splitlines()[-1]) == ["broken", 3]
    assert (tmp_path / "broken.log").read_text() == "cannot go on\n"
    assert not (tmp_path / "late.log").exists()
