"""Executions that released runners recorded: whichever write was their last, the present runner goes on with them.

What starts processes or needs the database is in the integration test of the same histories.
"""

import pytest

from histories import History, all_histories, resume
from penstock_core import codec

HISTORIES = all_histories()
RECORDINGS = {history.recording.name: history.recording for history in HISTORIES}


@pytest.mark.parametrize(
    "history", [history for history in HISTORIES if not history.has_python], ids=lambda history: history.name
)
def test_a_recorded_history_goes_on_as_recorded(history: History) -> None:
    """It writes and calls what is missing, and ends in the same state with the same results."""
    assert resume(history) == history.expected()


@pytest.mark.parametrize("history", HISTORIES, ids=lambda history: history.name)
def test_what_passed_is_never_written_again(history: History) -> None:
    """A step that was recorded as passed comes again only in a retry of a branch around it, behind the replacement's own failure."""
    last = {row["path"]: row["status"] for row in history.rows()}
    passed = {path for path, status in last.items() if status == "passed"}
    for words in history.expected().writes:
        path, _, status, *_ = words.split()
        assert path not in passed
        if status == "failed":
            passed = {each for each in passed if not each.startswith(f"{path}/")}


@pytest.mark.parametrize("name", RECORDINGS)
def test_recorded_bytes_are_what_the_file_shows(name: str) -> None:
    """A definition unpacks to what stands beside it, and all recorded values unpack."""
    recording = RECORDINGS[name]
    definition = codec.unpack(recording.definition)

    assert {member: definition[member] for member in recording.shown} == recording.shown
    for row in recording.writes:
        for column in ("input", "output", "extracted", "assertions", "error_details"):
            if column in row:
                codec.unpack(row[column])
