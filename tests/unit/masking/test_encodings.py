"""A secret is found whatever encodings it went through, one inside of another."""

import html
import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from itertools import product
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock_core.masking import MASK, Masker

Encoding = Callable[[str], str]
ENCODINGS: dict[str, Encoding] = {
    "nothing": str,
    "JSON": lambda text: json.dumps(text)[1:-1],
    "JSON in UTF-8, slashes escaped": lambda text: json.dumps(text, ensure_ascii=False)[1:-1].replace("/", "\\/"),
    "repr": lambda text: repr(text)[1:-1],
    "repr of bytes": lambda text: repr(text.encode())[2:-1],
    "percent": lambda text: quote(text, safe=""),
    "percent of every byte, in lower case": lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
    "form": quote_plus,
    "HTML": html.escape,
    "HTML in numbers": lambda text: "".join(f"&#{ord(character)};" for character in text),
    "base64": lambda text: b64encode(text.encode()).decode(),
    "base64 for URLs, unpadded": lambda text: urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "hexadecimal": lambda text: text.encode().hex(),
    "Latin-1 for UTF-8": lambda text: text.encode().decode("latin-1"),
}
COMPOSITIONS = list(product(ENCODINGS, repeat=2))
# `&#0;` and its like have other meanings in HTML, and half of a surrogate pair is no text
SECRETS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=6, max_size=40).filter(
    lambda text: len(text.strip()) >= 6
)


def _encoded(names: tuple[str, ...], text: str) -> str:
    for name in names:
        text = ENCODINGS[name](text)
    return text


@pytest.mark.parametrize("names", COMPOSITIONS, ids=", then ".join)
@settings(max_examples=5, deadline=None)
@given(secret=SECRETS)
def test_no_encoding_of_a_secret_is_left(names: tuple[str, ...], secret: str) -> None:
    """Of a secret in two encodings nothing is left in any two of them, and what stands around it is."""
    shown = Masker([secret]).text(f"[[ {_encoded(names, secret)} ]]")

    assert shown.startswith("[[ ")
    assert shown.endswith(" ]]")
    assert MASK in shown
    left = shown.removeprefix("[[ ").removesuffix(" ]]")
    assert not [others for others in COMPOSITIONS if _encoded(others, secret) in left]


@pytest.mark.parametrize("names", COMPOSITIONS, ids=", then ".join)
@settings(max_examples=5, deadline=None)
@given(secret=SECRETS, before=st.text("ab c1ö", max_size=9), after=st.text("xy z2é", max_size=9))
def test_a_secret_inside_of_an_encoded_text_is_found(
    names: tuple[str, ...], secret: str, before: str, after: str
) -> None:
    """What was encoded together with a secret does not hide it, wherever it begins."""
    masker = Masker([secret])
    text = _encoded(names, f"{before}{secret}{after}")

    assert MASK in masker.text(text)
    assert MASK.encode() in masker.data(text.encode())
    assert masker.mask({"a": ["b", text]}) != {"a": ["b", text]}


@given(
    st.recursive(st.text(max_size=8) | st.integers() | st.binary(max_size=8), lambda each: st.lists(each, max_size=4))
)
def test_a_value_without_a_secret_is_the_same_value(value: object) -> None:
    """Nothing is copied where there is nothing to mask."""
    assert Masker(["canary-value-of-a-key"]).mask(value) is value


def test_many_texts_in_one_value() -> None:
    """Of thousands of texts those with secrets are masked, and the others are as they were."""
    value = [{"id": number, "name": f"name {number}"} for number in range(3000)]
    value[1234]["name"] = "Bearer canary-value"
    value[2999]["name"] = b64encode(b"canary-value").decode()

    masked = Masker(["canary-value"]).mask(value)

    assert [number for number in range(3000) if masked[number] != value[number]] == [1234, 2999]
    assert masked[1234] == {"id": 1234, "name": f"Bearer {MASK}"}
    assert masked[2999] == {"id": 2999, "name": MASK}


@pytest.mark.parametrize("number", [1234567, -1234567, 1234567.0])
def test_a_number_that_is_a_secret_becomes_0_of_its_type(number: float) -> None:
    """A number stays a number, and is masked where it is the secret as a whole."""
    masked = Masker(["1234567", "-1234567"]).mask([number, 91234567, 123456])

    assert masked == [0, 91234567, 123456]
    assert type(masked[0]) is type(number)


@pytest.mark.parametrize("text", ["%25&amp;\\\\%u0041&#38;", "\\u005cu005c", "QUFBQUFB", "%2525252525", "deadbeef00"])
def test_time_grows_with_the_length_alone(text: str) -> None:
    """Texts that are all escapes or could be base64 throughout are read a bounded number of times."""
    reads = []
    for length in (20_000, 40_000):
        masker = Masker(["canary-välue"])
        reads.append(_bytes_read(masker, (text * length)[:length]))

    assert reads[1] <= reads[0] * 2.2
    assert reads[1] <= 40_000 * 60


def _bytes_read(masker: Masker, text: str) -> int:
    """What all undoings together were given."""
    secrets = masker._secrets
    assert secrets is not None
    total = 0
    for undoing in secrets._undoings:
        read = undoing.read

        def counted(data: bytes, read: Callable[[bytes], bytes] = read) -> bytes:
            nonlocal total
            total += len(data)
            return read(data)

        undoing.read = counted  # type: ignore[method-assign]  # counts for this test
    masker.text(text)
    return total
