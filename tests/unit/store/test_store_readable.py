"""Rows become values one by one: what cannot be understood is named and counted once, and the others go on."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from penstock_core import uuid7
from penstock_core.store.connection import readable
from penstock_core.store.connection.readable import UNLOADABLE, PutAside, texts

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def identifier(moment: datetime) -> UUID:
    """An id of a moment."""
    return uuid7.new(int(moment.timestamp() * 1000))


def test_the_others_go_on() -> None:
    """A row that nothing can be made of is left out, wherever it stands."""
    aside = PutAside()

    assert aside.values("numbers", [{"n": "1"}, {"n": "x"}, {"n": None}, {"n": "2"}], lambda row: int(row["n"])) == [
        1,
        2,
    ]


def test_a_row_is_counted_and_named_once(caplog: pytest.LogCaptureFixture) -> None:
    """A loop that meets the same row each second says so the first time, with its namespace and its execution."""
    counted: list[str] = []
    aside = PutAside(counted.append, clock=lambda: NOW)
    row = {"id": identifier(NOW), "namespace": "evil", "at": UNLOADABLE}
    for _ in range(3):
        aside.values("expired", [row], dict)
    [record] = caplog.records

    assert counted == ["expired"]
    assert record.__dict__["namespace"] == "evil"
    assert record.__dict__["execution"] == str(row["id"])
    assert record.__dict__["cause"] == "no time can be read in at"


def test_a_reader_says_what_its_rows_do_not() -> None:
    """Rows of two executions that look alike are counted apart."""
    counted: list[str] = []
    aside = PutAside(counted.append)
    for number in (1, 2):
        aside.values("steps", [{"at": UNLOADABLE}], dict, namespace="evil", id=number)

    assert counted == ["steps", "steps"]


def test_what_was_named_takes_no_memory_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest is forgotten, and named again when it comes again."""
    monkeypatch.setattr(readable, "REMEMBERED", 2)
    counted: list[str] = []
    aside = PutAside(counted.append)
    for number in (1, 2, 3, 3, 1):
        aside.values("steps", [{"at": UNLOADABLE}], dict, id=number)

    assert len(counted) == 4


def test_a_tenant_does_not_fill_the_log(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """Of many rows of one namespace some are named an hour, all are counted, and another namespace's is named."""
    monkeypatch.setattr(readable, "NAMED_AN_HOUR", 2)
    counted: list[str] = []
    now = [NOW]
    aside = PutAside(counted.append, clock=lambda: now[0])
    for number in range(5):
        aside.values("steps", [{"at": UNLOADABLE}], dict, namespace="evil", id=number)
    aside.values("steps", [{"at": UNLOADABLE}], dict, namespace="acme", id=5)
    now[0] += timedelta(minutes=61)
    aside.values("steps", [{"at": UNLOADABLE}], dict, namespace="evil", id=6)

    assert len(counted) == 7
    assert [record.__dict__["namespace"] for record in caplog.records] == ["evil", "evil", "acme", "evil"]


@pytest.mark.parametrize(
    ("moment", "is_there"),
    [
        (NOW + timedelta(hours=23), True),
        (NOW + timedelta(hours=25), False),
        (datetime(2020, 1, 1, tzinfo=UTC), True),
        (datetime(2019, 12, 31, tzinfo=UTC), False),
        (datetime(9000, 1, 1, tzinfo=UTC), False),
    ],
)
def test_an_id_whose_time_lies_far_off_is_put_aside(moment: datetime, *, is_there: bool) -> None:
    """A day ahead is what a clock may be wrong by; before 2020 nothing of ours was made."""
    found = PutAside(clock=lambda: NOW).values("expired", [{"id": identifier(moment)}], dict)

    assert bool(found) is is_there


@pytest.mark.parametrize("value", [[["a"]], [None], ["a", None], 3])
def test_an_array_of_something_else_is_no_list_of_texts(value: object) -> None:
    """A column of texts may hold dimensions and nulls."""
    assert texts(["a", ""]) == ("a", "")
    with pytest.raises((ValueError, TypeError)):
        texts(value)


def test_a_defect_is_not_put_aside() -> None:
    """Only what a row may cause is taken for the row's: a name that a reader has wrong is raised."""
    with pytest.raises(KeyError):
        PutAside().values("numbers", [{"n": 1}], lambda row: row["m"])
