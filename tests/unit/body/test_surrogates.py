"""Halves of surrogate pairs in JSON bodies: what the value has in their place, and what is told."""

import pytest

from penstock_core import body
from penstock_core.body import json_body
from penstock_core.errors import BodyError

BODIES = [
    # the text of the body, its value, where halves were
    (r'{"a":"x\ud800y"}', {"a": "x\ufffdy"}, ["line 1, column 8"]),
    (r'{"a":"\ude00"}', {"a": "\ufffd"}, ["line 1, column 7"]),
    (r'{"\ud800k":1}', {"\ufffdk": 1}, ["line 1, column 3"]),
    ('["é",\n"' + r'é\uDC00\uD800"]', ["é", "é\ufffd\ufffd"], ["line 2, column 3", "line 2, column 9"]),
    (r'"\ud83d\ude00"', "😀", []),
    (r'"\ud83d\ud83d\ude00"', "\ufffd😀", ["line 1, column 2"]),
    (r'"\\ud800"', r"\ud800", []),
    (r'"\\\ud800"', "\\\ufffd", ["line 1, column 4"]),
    (r'"\u0000\ufdd0"', "\0\ufdd0", []),
]


@pytest.mark.parametrize(("text", "value", "places"), BODIES)
def test_halves_are_replaced_and_told(text: str, value: object, places: list[str]) -> None:
    """Half of a surrogate pair is no character: it becomes U+FFFD where the body is read, with a warning of its place."""
    found = body.parse(text.encode(), "application/json")

    assert found.value == value
    assert [warning.partition(" at ")[2].partition(" was")[0] for warning in found.warnings] == places


def test_very_many_halves_make_few_warnings() -> None:
    """Of a million halves the first are told, and their number."""
    found = body.parse(b'"' + rb"\ud800" * 1000 + b'"', "application/json")

    assert found.value == "\ufffd" * 1000
    assert (len(found.warnings), found.warnings[-1]) == (6, "the body: and 995 more of these")


def test_text_that_is_decoded_by_an_expression() -> None:
    """Where nobody could be warned, such a text is refused."""
    with pytest.raises(BodyError, match="half of a surrogate pair, which is no character, at line 1, column 3"):
        json_body.parse(rb'["\ud800"]', "", structure=0)
