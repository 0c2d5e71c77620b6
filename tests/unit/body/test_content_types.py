"""The table of content types: which row counts, and that nothing of the data does."""

from contextlib import suppress
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock_core import body
from penstock_core.body.content_types import TABLE, Kind, kind_of
from penstock_core.errors import BodyError
from penstock_core.resources.base import Parse

NAMED = [(row.kind, name.replace("*", "x")) for row in TABLE for name in row.types]
TYPES = {Kind.FORM: dict, Kind.MULTIPART: dict, Kind.XML: str, Kind.TEXT: str, Kind.BYTES: bytes}


@pytest.mark.parametrize(("kind", "name"), [each for each in NAMED if each[1] != "multipart/x"])
def test_each_name_of_the_table_is_in_its_row(kind: Kind, name: str) -> None:
    """No row hides another one's names."""
    assert kind_of(name, {}) is kind


@given(
    st.sampled_from(
        [name for kind, name in NAMED if name and kind is not Kind.JSON] + ["x/y", "x", "x/y; charset=koi8-r"]
    ),
    st.binary(max_size=30),
)
def test_the_data_does_not_decide(content_type: str, raw: bytes) -> None:
    """Whatever comes under a type that is no JSON, it is of one type or refused."""
    kind = kind_of(*body.parse_content_type(content_type))
    with suppress(BodyError):
        assert type(body.parse(raw, content_type).value) is TYPES[kind]


@given(st.sampled_from(["text", "bytes", "csv", "xml"]), st.sampled_from(["", "text/plain", "application/json"]), st.binary())  # fmt: skip
def test_what_is_said_of_parsing_decides(how: str, content_type: str, raw: bytes) -> None:
    """Where somebody says how a body is read, neither its type nor its data decide."""
    expected = {"text": str, "bytes": bytes, "csv": list, "xml": dict}[how]
    with suppress(BodyError):
        assert type(body.parse(raw, content_type, how=how).value) is expected


def test_resources_offer_what_is_read() -> None:
    """What a trigger or an http step may say is what the parser knows."""
    assert get_args(Parse) == body.WAYS
