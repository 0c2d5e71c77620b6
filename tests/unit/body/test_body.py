"""Parsing request bodies."""

import codecs
import json
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock_core import body
from penstock_core.body import form, json_body
from penstock_core.errors import BodyError

MOST = 1_000_000
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=15,
)


def value_of(raw: bytes, content_type: str, **more: Any) -> Any:
    return body.parse(raw, content_type, **more).value


@given(JSON_VALUES, st.sampled_from(["utf-8", "utf-16", "utf-32"]))
def test_json_comes_back(value: Any, encoding: str) -> None:
    """Any JSON value is parsed, in each of JSON's encodings."""
    raw = json.dumps(value).encode(encoding)

    assert value_of(raw, JSON) == value


@given(
    st.binary(min_size=1),
    st.sampled_from([JSON, FORM, "multipart/form-data; boundary=B", "text/plain", "", "a/b; charset=x"]),
)
def test_any_bytes_parse_or_are_refused(raw: bytes, content_type: str) -> None:
    """Whatever arrives is a value or a BodyError."""
    with suppress(BodyError):
        body.parse(raw, content_type)


@given(st.text())
def test_any_content_type_is_taken(content_type: str) -> None:
    """Nothing in a Content-Type header breaks the parser."""
    with suppress(BodyError):
        value_of(b"{}", content_type)


@pytest.mark.parametrize(
    ("raw", "line", "column"),
    [(b'{"a":\n 1 2}', 2, 4), (b" ", 1, 2), (b'"\xff"', 1, 2), (b'{"a": 1}\n\n x', 3, 2), (b"{'a': 1}", 1, 2)],
)
def test_errors_say_line_and_column(raw: bytes, line: int, column: int) -> None:
    """A malformed body is refused with the place, counted from 1."""
    with pytest.raises(BodyError) as caught:
        value_of(raw, JSON)

    assert (caught.value.line, caught.value.column) == (line, column)
    assert f"line {line}, column {column}" in str(caught.value)


@pytest.mark.parametrize(
    ("raw", "line", "column"),
    [
        (b"NaN", 1, 1),
        (b"[Infinity]", 1, 2),
        (b'{"a": "\\" -Infinity",\n "b": -Infinity}', 2, 7),
        (b'["1e9999999999999999999",\n1e9999999999999999999]', 2, 1),
        (b"[0." + b"1" * 5000 + b"]", 1, 2),
        (b'["' + b"1" * 5000 + b'", -' + b"1" * 5000 + b"]", 1, 5006),
        (b"[" * 100_000, 1, 201),
        (b"[[], {}, \n" + b'{"[": ' * 250 + b"1" + b"}" * 250 + b"]", 2, 199 * 6 + 1),
    ],
)
def test_what_json_does_not_allow_is_refused_with_its_place(raw: bytes, line: int, column: int) -> None:
    """NaN, infinities, numbers without end and endless nesting are refused, and found outside of strings."""
    with pytest.raises(BodyError) as caught:
        value_of(raw, JSON)

    assert (caught.value.line, caught.value.column) == (line, column)
    assert f"line {line}, column {column}" in str(caught.value)


@pytest.mark.parametrize("unit", [b"{},", b"[],", b'{"":0},', b'"ab",', b'"\\"",'])
def test_very_many_values_are_refused_before_they_are_made(unit: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """What would take a hundred times its bytes in memory is no body."""
    monkeypatch.setattr(json, "loads", lambda *words, **more: pytest.fail("parsed"))

    with pytest.raises(BodyError, match="too many values"):
        value_of(b"[" + unit * (MOST + 1) + b"0]", JSON, structure=MOST)


@pytest.mark.parametrize("text", ["a,b\n" * MOST, '{"a": [1, 2]}\\' * (MOST // 3)])
def test_commas_in_strings_are_no_values(text: str) -> None:
    """A long text is one value, whatever it holds."""
    assert value_of(json.dumps({"csv": text, "more": [1, 2]}).encode(), JSON, structure=MOST)["csv"] == text


@given(
    st.lists(st.sampled_from(['"', "\\", "[", ",", "u", '\\"', "\\\\", '"a,b"', "é"])).map("".join), st.integers(1, 7)
)
def test_counting_in_pieces(text: str, piece: int) -> None:
    """Escapes and strings are followed from piece to piece."""
    with pytest.MonkeyPatch.context() as patch:
        whole = json_body._count_outside(text)
        patch.setattr(json_body, "_PIECE", piece)

        assert json_body._count_outside(text) == whole


def test_a_wide_text_leaves_room_for_fewer_values() -> None:
    """One emoji makes ten megabytes of text four times as large: beside it not as many values are taken."""
    raw = b"[" + b"{}," * 300_000 + b'"' + b"x" * 9_000_000 + b'"'

    assert len(value_of(raw + b"]", JSON, structure=MOST)) == 300_001
    with pytest.raises(BodyError, match="too many values"):
        value_of(raw + ',"😀"]'.encode(), JSON, structure=MOST)


def test_the_most_values_are_taken() -> None:
    """The bound is exact."""
    assert len(value_of(b"[" + b"1," * (MOST - 1) + b"1]", JSON, structure=MOST)) == MOST
    with pytest.raises(BodyError, match="1000001 of the characters"):
        value_of(b"[" + b"1," * MOST + b"1]", JSON, structure=MOST)
    assert len(value_of(b"[" + b"1," * MOST + b"1]", JSON)) == MOST + 1, "without a bound, as in a runner"


def test_depth_limit_is_exact() -> None:
    """200 levels are taken, 201 are not, beside other brackets too."""
    beside = b"[], " * 300

    assert value_of(b"[" * 200 + b"]" * 200, JSON) is not None
    assert len(value_of(b"[" + beside + b"{}]", JSON)) == 301
    with pytest.raises(BodyError, match="200 levels"):
        value_of(b"[" * 201 + b"]" * 201, JSON)


def test_last_duplicate_key_wins() -> None:
    """Of duplicate keys the last one counts."""
    assert value_of(b'{"a": 1, "a": 2}', JSON) == {"a": 2}


@pytest.mark.parametrize(
    ("content_type", "value"),
    [(JSON, None), ("", None), ("text/plain", ""), ("application/xml", ""), ("image/png", b""), (FORM, {}), ("multipart/form-data; boundary=B", {})],
)  # fmt: skip
def test_no_bytes_are_of_the_type_that_was_declared(content_type: str, value: Any) -> None:
    """Without any bytes JSON, and what declares nothing, is null; text, bytes and forms are empty ones."""
    assert value_of(b"", content_type) == value


def test_charset_of_the_content_type_counts() -> None:
    """A charset is used, quoted or not; an unknown one is refused."""
    assert value_of("é".encode("latin-1"), 'text/plain; charset="ISO-8859-1"') == "é"
    assert value_of('{"a": "é"}'.encode("cp1252"), "application/json;charset=windows-1252") == {"a": "é"}
    with pytest.raises(BodyError, match="`zip`"):
        value_of(b"x", "text/plain; charset=zip")


@pytest.mark.parametrize(
    "charset",
    ["UTF-8", "utf8", "utf-8-sig", "US-ASCII", "iso-8859-15", "ISO_8859-1:1987", "Windows-1251", "cp1252", "koi8-u"],
)
def test_usual_charsets(charset: str) -> None:
    """Charsets go by each of their names."""
    assert value_of(b"a", f"text/plain; charset={charset}") == "a"
    assert value_of(b"a=%41", f"{FORM}; charset={charset}") == {"a": "A"}


def test_a_charset_is_judged_by_its_whole_name() -> None:
    """What follows a known name, however far behind, makes it another one."""
    with pytest.raises(BodyError, match="not supported"):
        value_of(b"x", f'text/plain; charset="utf-8{" " * 40}x"')


def test_made_up_charsets_are_not_looked_up() -> None:
    """Python remembers each name that it was asked for: a caller's are not, and neither are a known one's spellings."""
    asked: list[str] = []
    codecs.register(asked.append)
    names = [
        "made-up-1",
        "idna",
        "punycode",
        "unicode_escape",
        "iso2022_jp",
        "hz",
        "rot13",
        "mbcs",
        "oem",
        "undefined",
        "x" * 60_000,
        "utf--8",
        "utf---8",
        "zip",
        "u.t.f",
        "utf-7",
    ]
    for name in names:
        for content_type in ("text/plain", JSON, FORM, "multipart/form-data; boundary=B"):
            with suppress(BodyError):
                value_of(b"{}", f"{content_type}; charset={name}")
    codecs.unregister(asked.append)

    assert asked == []


def test_other_json_types() -> None:
    """Everything that ends in +json is JSON."""
    assert value_of(b"[1]", "application/cloudevents+json; charset=utf-8") == [1]


def test_forms() -> None:
    """Fields are text, repeated ones a list, empty ones are kept."""
    assert value_of(b"a=1&a=2&b=%C3%BC+x&c=", FORM) == {"a": ["1", "2"], "b": "ü x", "c": ""}


def test_form_with_too_many_fields() -> None:
    """A form of more than 10,000 fields is refused."""
    with pytest.raises(BodyError, match="10000 fields"):
        value_of(b"&".join([b"a=1"] * 10_001), FORM)


def multipart(*parts: tuple[bytes, bytes]) -> bytes:
    return b"".join(b"--B\r\n" + head + b"\r\n\r\n" + content + b"\r\n" for head, content in parts) + b"--B--\r\n"


@given(
    st.lists(st.tuples(st.text(min_size=1, max_size=5), st.text(max_size=40))),
    st.integers(3, 9),
)
def test_forms_in_pieces(pairs: list[tuple[str, str]], piece: int) -> None:
    """Wherever a field is cut while its escapes are undone, it is what was encoded, as Python's own reading has it."""
    raw = "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in pairs).encode()
    expected: dict[str, Any] = {}
    for name, value in parse_qsl(raw.decode(), keep_blank_values=True):
        body.add_field(expected, name, value)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(form, "_PIECE", piece)

        assert (value_of(raw, FORM) or {}) == expected


@pytest.mark.parametrize("raw", [b"a=%", b"a=%4", b"a=%%41", b"a=100%&b=%zz", b"%41=%2541"])
@pytest.mark.parametrize("piece", [3, 4, 5])
def test_percent_signs_that_escape_nothing(raw: bytes, piece: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is no escape stays as it is."""
    monkeypatch.setattr(form, "_PIECE", piece)

    assert value_of(raw, FORM) == dict(parse_qsl(raw.decode()))


def test_forms_in_other_charsets() -> None:
    """Escapes are in the form's charset, or in UTF-8 where that writes no ASCII; a character may be half escaped."""
    assert value_of(b"a=%E9", f"{FORM}; charset=latin-1") == {"a": "é"}
    assert value_of(b"a=%83A", f"{FORM}; charset=shift_jis") == {"a": "ア"}
    assert value_of("a=%C3%A9+é&b".encode("utf-16"), f"{FORM}; charset=utf-16") == {"a": "é é", "b": ""}


def test_multipart() -> None:
    """Fields are text, files keep name, type and bytes, repeated names are lists."""
    raw = multipart(
        (b'Content-Disposition: form-data; name="a"', b"1"),
        (b'Content-Disposition: form-data; name="a"', b"2"),
        (b'Content-Disposition: form-data; name="f"; filename="x;\\".bin"\r\nContent-Type: image/png', b"\x00\xff"),
    )

    assert value_of(raw, "multipart/form-data; boundary=B") == {
        "a": ["1", "2"],
        "f": {"filename": 'x;".bin', "contentType": "image/png", "content": b"\x00\xff"},
    }


@pytest.mark.parametrize(
    ("raw", "content_type", "message"),
    [
        (b"x", "multipart/form-data", "no boundary"),
        (b"x", "multipart/form-data; boundary=B", "malformed: it has no line --B at line 1, column 1"),
        (multipart((b"X: y", b"1")), "multipart/form-data; boundary=B", "no name"),
        (b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n1', "multipart/form-data; boundary=B", "ends before"),
    ],
)
def test_multipart_errors(raw: bytes, content_type: str, message: str) -> None:
    """A malformed multipart body says what is missing."""
    with pytest.raises(BodyError, match=message):
        value_of(raw, content_type)
