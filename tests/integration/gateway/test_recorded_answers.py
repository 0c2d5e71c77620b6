"""The gateway's answers, byte for byte as they were recorded: `record_answers` says how they are kept, and writes them anew."""

import asyncio

import pytest

from postgres import Server
from record_answers import RECORDED, Answers, collect, path_of
from recorded_requests import GROUPS

NAMES = [f"{group}/{exchange.name}" for group, exchanges in GROUPS.items() for exchange in exchanges]


@pytest.fixture(scope="module")
def answers(postgres_server: Server) -> Answers:
    """What the gateway answers now; a group's requests follow each other, so all are asked at once."""
    return asyncio.run(collect(postgres_server))


@pytest.mark.parametrize("name", NAMES)
def test_answer_is_as_recorded(answers: Answers, name: str) -> None:
    """Status, headers and body of each answer are the same to the byte."""
    recorded = path_of(name).read_bytes()

    assert answers[name].decode(errors="backslashreplace") == recorded.decode(errors="backslashreplace")
    assert answers[name] == recorded


def test_every_recorded_answer_is_asked_for() -> None:
    """A name stands for one request, and no file is left over."""
    files = {str(file.relative_to(RECORDED).with_suffix("")) for file in RECORDED.glob("*/*.http")}

    assert sorted(files) == sorted(NAMES)
