"""Secrets are found in every form in which they travel."""

import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from decimal import Decimal
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from penstock_core.masking import MASK, Masker

SECRET = 'p@ss/w"örd+?>1'
ENCODERS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "percent-encoded": lambda text: quote(text, safe=""),
    "percent-encoded, slashes kept": quote,
    "percent-encoded in lower case": lambda text: quote(text, safe="").lower().replace("w%22", "w%22"),
    "as a form": quote_plus,
    "JSON": json.dumps,
    "JSON in UTF-8": lambda text: json.dumps(text, ensure_ascii=False),
    "JSON inside JSON": lambda text: json.dumps({"a": json.dumps({"b": text})}),
    "repr": repr,
    "base64": lambda text: b64encode(text.encode()).decode(),
    "urlsafe base64": lambda text: urlsafe_b64encode(text.encode()).decode(),
    "base64 without padding": lambda text: b64encode(text.encode()).decode().rstrip("="),
    "base64 in a URL": lambda text: quote(b64encode(text.encode()).decode(), safe=""),
    "base64 in a URL in lower case": lambda text: (
        quote(b64encode(text.encode()).decode(), safe="").replace("%2B", "%2b").replace("%2F", "%2f")
    ),
    "JSON in upper case": lambda text: json.dumps(text).replace("\\u00f6", "\\u00F6"),
    "JSON in upper case inside JSON": lambda text: json.dumps(json.dumps(text).replace("\\u00f6", "\\u00F6")),
    "JSON of Go": lambda text: json.dumps(text, ensure_ascii=False).replace(">", "\\u003e"),
    "JSON of .NET": lambda text: (
        json.dumps(text)
        .replace('\\"', "\\u0022")
        .replace("\\u00f6", "\\u00F6")
        .replace("+", "\\u002B")
        .replace(">", "\\u003E")
    ),
    "XML": lambda text: text.replace('"', "&quot;").replace(">", "&gt;"),
}


@pytest.mark.parametrize("form", ENCODERS)
def test_forms_are_masked(form: str) -> None:
    """Each form is replaced, and what stands around it stays."""
    shown = Masker([SECRET]).text(f"before {ENCODERS[form](SECRET)} after")

    assert MASK in shown
    assert shown.startswith("before ")
    assert shown.endswith(" after")
    assert not any(part in shown for part in ("p@ss", "p%40", "cEBzcy", "w\\"))


@given(
    st.text(min_size=6), st.binary(max_size=20), st.binary(max_size=20), st.sampled_from([b64encode, urlsafe_b64encode])
)
def test_base64_at_any_alignment(secret: str, before: bytes, after: bytes, encode: Callable[[bytes], bytes]) -> None:
    """A secret inside a longer base64 is found wherever it begins and ends."""
    assume(len(secret.strip()) >= 6)

    shown = Masker([secret]).text(encode(before + secret.encode() + after).decode())

    assert MASK in shown


@given(st.text(min_size=6, alphabet=st.characters(codec="utf-8")), st.text(alphabet="xyz "), st.text(alphabet="xyz "))
def test_as_it_is_and_as_json(secret: str, before: str, after: str) -> None:
    """Any text of six characters is found as it is and as JSON."""
    assume(len(secret.strip()) >= 6)
    masker = Masker([secret])

    assert MASK in masker.text(before + secret + after)
    assert MASK in masker.text(json.dumps({"k": before + secret + after}))
    assert MASK.encode() in masker.data((before + secret + after).encode())


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\n    ", "\\n", "\\r\\n"])
@pytest.mark.parametrize("width", [64, 76])
@pytest.mark.parametrize("before", range(0, 80, 7))
def test_base64_in_lines(width: int, line_break: str, before: int) -> None:
    """A secret inside base64 that MIME or PEM broke into lines is found wherever a line ends in it."""
    whole = b64encode(b"u" * before + SECRET.encode() + b"z" * 100).decode()
    lines = [whole[at : at + width] for at in range(0, len(whole), width)]
    masker = Masker([SECRET])

    shown = masker.text(line_break.join(lines))

    assert MASK in shown
    assert masker.data(line_break.join(lines).encode()).decode() == shown
    # what remains is what stands around the secret, and a few bits of its ends
    assert len(shown.replace(line_break, "")) <= len(whole) - len(SECRET.encode()) * 4 / 3 + len(MASK) + 4


@pytest.mark.parametrize("secret", ["abcdef\udcff", "\ud800abcdef", "abc\udcff\ud800def"])
def test_secrets_that_are_no_unicode(secret: str) -> None:
    """What an environment holds beside UTF-8 is masked as it comes."""
    masker = Masker([secret, "other-secret"])

    assert masker.text(f"a {secret} b") == f"a {MASK} b"
    assert masker.text(json.dumps({"k": secret})) == f'{{"k": "{MASK}"}}'
    assert masker.data(b"an other-secret") == b"an " + MASK.encode()
    assert Masker(["abcdef\udcff"]).data(b"a abcdef\xff b") == b"a " + MASK.encode() + b" b"


def test_basic_authentication() -> None:
    """The password inside `Authorization: Basic` is masked, whatever the user's name."""
    for user in ("u", "me", "joe", "anna"):
        token = b64encode(f"{user}:{SECRET}".encode()).decode()

        assert token not in Masker([SECRET]).text(f"Basic {token}")
        assert Masker([SECRET, f"{user}:{SECRET}"]).text(f"Basic {token}") == f"Basic {MASK}"


def test_nested_values_keys_bytes_and_numbers() -> None:
    """Maps with their keys, lists, bytes and numbers are walked; the given value is not changed."""
    value = {
        SECRET: [SECRET.encode(), {"n": 12345678, "d": Decimal(12345678), "f": 1.5, "ok": True, "none": None}],
        "a": (1,),
    }
    before = repr(value)

    masked = Masker([SECRET, "12345678"]).mask(value)

    assert masked == {MASK: [MASK.encode(), {"n": 0, "d": Decimal(0), "f": 1.5, "ok": True, "none": None}], "a": [1]}
    assert repr(value) == before


def test_masked_keys_do_not_collide() -> None:
    """Two keys that become the same are told apart."""
    assert Masker(["secret-1", "secret-2"]).mask({"secret-1": 1, "secret-2": 2}) == {MASK: 1, f"{MASK} (2)": 2}


def test_short_values_are_left_alone() -> None:
    """Below six characters nothing is masked, and without secrets the value itself comes back."""
    value = {"a": "12345"}

    assert Masker(["12345"]).mask(value) is value
    assert Masker([]).text("anything") == "anything"


def test_longer_secret_goes_as_a_whole() -> None:
    """Of two secrets, one inside the other, nothing of the longer one stays."""
    assert Masker(["secret", "secret-longer"]).text("a secret-longer one") == f"a {MASK} one"


def test_secret_with_a_line_break_is_found_without() -> None:
    """A Secret made from a file ends in a line break; the value is found all the same."""
    assert Masker(["canary-value\n"]).text("x canary-value y") == f"x {MASK} y"


def test_too_deep_is_masked_altogether() -> None:
    """What lies deeper than is walked is masked rather than let through."""
    value: object = "canary-value"
    for _ in range(400):
        value = [value]

    assert "canary" not in str(Masker(["canary-value"]).mask(value))
