"""One value at every place: a line is what a python step returns, and what it is to all that comes after it.

The places: `cel`, what an expression computes of it (`${[v][0]}`); `text`, joined into a text; `url`, a query's value; `form`;
`json`, the body of a request; `record`, what a replacement and the REST API read; `python`, what the next python step sees.
A place that is not named gives the value itself, or its JSON; a failure is a part of its message.
"""

from decimal import Decimal
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest

from engine_stand import Stand
from penstock_core import codec
from penstock_gateway.api.values.preview import preview
from web_server import Web


class Fails(str):
    """A part of the message with which the step fails."""

    __slots__ = ()


class Row(NamedTuple):
    """A value, as the code writes it, and what it is at each place."""

    code: str
    value: Any
    json: str
    text: str | None = None
    """As text, in a URL and in a form; None where it is as in JSON."""


NO_TEXT: Final = Fails("bytes are no text: write base64.encode(…)")
ROWS = [
    Row("None", None, "null", ""),
    Row("True", True, "true"),
    Row("7", 7, "7"),
    Row("3.0", 3.0, "3"),
    Row("-0.0", -0.0, "0"),
    Row("0.1 + 0.2", 0.30000000000000004, "0.30000000000000004"),
    Row("1e20", 1e20, "100000000000000000000"),
    Row("1e21", 1e21, "1e+21"),
    Row("1e-7", 1e-7, "1e-7"),
    Row("2**53 + 1", 2**53 + 1, "9007199254740993"),
    Row("2**70", 2**70, "1180591620717411303424"),
    Row("-2**70", -(2**70), "-1180591620717411303424"),
    Row("Decimal('1.10')", Decimal("1.10"), "1.10"),
    Row("Decimal('0.1234567890123456789')", Decimal("0.1234567890123456789"), "0.1234567890123456789"),
    Row("Decimal('1e400')", Decimal("1e400"), "1e+400"),
    Row("'a\\0b'", "a\0b", '"a\\u0000b"', "a\0b"),
    Row("'\\ufdd0é😀'", "\ufdd0é😀", '"\ufdd0é😀"', "\ufdd0é😀"),
    Row("'\\ud800'", "\ufffd", '"\ufffd"', "\ufffd"),
    Row("b'a\\0\\xff'", b"a\0\xff", Fails("bytes have no form in JSON"), NO_TEXT),
    Row("bytearray(b'ab')", b"ab", Fails("bytes have no form in JSON"), NO_TEXT),
    Row("[2**70, Decimal('1.50'), 2.0]", [2**70, Decimal("1.50"), 2.0], "[1180591620717411303424,1.50,2]"),
    Row("[1, b'x']", [1, b"x"], Fails("bytes have no form in JSON"), Fails("[1]: bytes have no form in JSON")),
    Row("{'a': {'b': Decimal('0.10')}}", {"a": {"b": Decimal("0.10")}}, '{"a":{"b":0.10}}'),
    Row("{1: 'x'}", {1: "x"}, '{"1":"x"}'),
    Row("{3, 1}", [1, 3], "[1,3]"),
    Row("dt.datetime(2026, 1, 31, 6, tzinfo=dt.UTC)", "2026-01-31T06:00:00Z", '"2026-01-31T06:00:00Z"', "2026-01-31T06:00:00Z"),
    Row("dt.timedelta(minutes=90)", "5400s", '"5400s"', "5400s"),
]  # fmt: skip


def python(name: str, expression: str) -> dict[str, Any]:
    code = f"import datetime as dt\nfrom decimal import Decimal\ndef run(context):\n    return {expression}"
    return {"name": name, "python": {"code": code}}


SEES: Final = python("sees", "repr(context.steps['made'].output)")


def shown(value: Any) -> bytes:
    """A recorded value as the REST API shows it."""
    return bytes(preview(codec.pack(value).data).content)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.code)
def test_value_inside_of_a_flow(stand: Stand, row: Row) -> None:
    """A value is the same to the record, to CEL, to the next python step and to what a step computes of it."""
    stand.run(
        python("made", row.code),
        SEES,
        {"name": "kept", "set": {"value": "${steps.made.output}"}},
        {"name": "computed", "set": {"value": "${[steps.made.output][0]}"}},
        {"name": "mapped", "set": {"value": "${[steps.made.output].map(each, {'v': each})}"}},
        {"name": "equal", "set": {"value": "${[steps.made.output, 1] == [steps.kept.output, 1]}"}},
    )

    found = {name: stand.recorder.output(name) for name in ("made", "kept", "computed", "mapped")}
    expected = {
        "made": row.value,
        "kept": row.value,
        "computed": row.value,
        "mapped": [{"v": row.value}],
    }
    assert repr(found) == repr(expected)
    assert stand.recorder.output("sees") == repr(row.value)
    assert stand.recorder.output("equal") is True
    resumed = Stand()
    resumed.run(
        python("made", "0"),
        {"name": "after", "set": {"value": "${[steps.made.output][0]}"}},
        recorded=[step for step in stand.recorder.as_recorded() if step.path == "made"],
    )
    assert repr(resumed.recorder.output("after")) == repr(row.value)


def outcome(stand: Stand, *steps: Any) -> str:
    """The message of a failed run, '' of one that passed."""
    return stand.run(*steps).error_message or ""


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.code)
@pytest.mark.parametrize("read", ["steps.made.output", "[steps.made.output][0]"], ids=["read", "computed"])
def test_value_on_the_wire(stand: Stand, web: Web, row: Row, read: str) -> None:
    """What a customer's system gets is the value with all of its digits and characters, or the step fails and says why."""
    message = outcome(
        stand,
        python("made", row.code),
        {"name": "call", "http": {"url": web.url, "method": "POST", "json": {"v": f"${{{read}}}"}}},
    )

    if isinstance(row.json, Fails):
        assert row.json in message
        assert "http.json.v" in message
        assert web.seen == []
        return
    assert message == ""
    assert web.seen[0]["body"].decode() == f'{{"v":{row.json}}}'


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.code)
def test_value_as_text(web: Web, row: Row) -> None:
    """A value's text is one: in a template, in `string(…)`, in a query and in a form; bytes have none."""
    text = row.json if row.text is None else row.text
    scalar = row.value is not None and not isinstance(row.value, list | dict)
    calls: dict[str, dict[str, Any]] = {
        "template": {"set": {"value": "<${steps.made.output}>"}},
        "string": {"set": {"value": "<${string(steps.made.output)}>"}}
        if scalar and not isinstance(row.value, bytes)
        else {},
        "query": {"http": {"url": web.url, "query": {"v": "<${steps.made.output}>"}}},
        "form": {"http": {"url": web.url, "method": "POST", "form": {"v": "<${steps.made.output}>"}}},
    }
    for place, call in calls.items():
        if not call:
            continue
        stand = Stand()
        message = outcome(stand, python("made", row.code), {"name": "call", **call})
        if isinstance(text, Fails):
            assert text in message, place
            continue
        assert message == "", place
        if place in ("template", "string"):
            assert stand.recorder.output("call") == f"<{text}>", place
            continue
        request = web.seen.pop()
        sent = urlsplit(request["path"]).query if place == "query" else request["body"].decode()
        assert parse_qs(sent, keep_blank_values=True) == {"v": [f"<{text}>"]}, place


SHOWN = [
    # a value, and how the REST API shows it
    (2**70, b"1180591620717411303424"),
    (Decimal("1.10"), b"1.10"),
    (Decimal("0.1234567890123456789"), b"0.1234567890123456789"),
    (b"a\0", b'{"$bytes":"YQA="}'),
    ("a\0b", b'"a\\u0000b"'),
    ([1, {"a": None}], b'[1,{"a":null}]'),
]


@pytest.mark.parametrize(("value", "expected"), SHOWN)
def test_value_as_it_is_shown(value: Any, expected: bytes) -> None:
    """A recorded value is shown with all of its digits; bytes as base64, named as such."""
    assert shown(value) == expected
