"""Multipart forms against what a client library writes, and against whatever fragments come."""

from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st
from urllib3.filepost import encode_multipart_formdata

from penstock_core import body
from penstock_core.errors import BodyError

TYPE = "multipart/form-data; boundary=B"
# a client writes a backslash as it is, and %22 for a quote: nobody can tell these from what was escaped
NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='\\%\ufeff"'), min_size=1, max_size=8)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufeff"), max_size=20)
FRAGMENTS = st.sampled_from(
    [
        b"--B", b"--B--", b"\r\n", b"\n", b"\r", b"--", b" ", b"\t", b":", b"Content-Disposition: form-data; name=a", b"; filename=x",
        b"Content-Type: multipart/mixed; boundary=C", b"--C", b"--C--", b"Content-Transfer-Encoding: base64", b"x", b"\xff", b'"', b"\\",
    ]
)  # fmt: skip


@given(
    st.lists(st.tuples(NAMES, TEXTS), max_size=4), st.lists(st.tuples(NAMES, NAMES, st.binary(max_size=40)), max_size=3)
)
def test_what_a_client_writes_comes_back(fields: list[tuple[str, str]], files: list[tuple[str, str, bytes]]) -> None:
    """Names, texts and files that urllib3 encodes are read as they were."""
    given_files = [(name, (filename, content)) for name, filename, content in files]
    raw, content_type = encode_multipart_formdata([*fields, *given_files])

    value, warnings = body.parse(raw, content_type)

    found = {name: list(values) for name, values in body.every(value).items()}
    for name, expected in fields:
        assert found[name].pop(0) == expected
    for name, filename, content in files:
        assert found[name].pop(0) | {"contentType": ""} == {"filename": filename, "contentType": "", "content": content}
    assert warnings == ()


@given(st.lists(FRAGMENTS, max_size=25).map(b"".join))
def test_any_fragments_are_fields_or_refused(raw: bytes) -> None:
    """Whatever comes is a map of fields or a BodyError."""
    with suppress(BodyError):
        assert isinstance(body.parse(raw, TYPE).value, dict)
    head = b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n'
    with suppress(BodyError):
        assert isinstance(body.parse(head + raw + b"\r\n--B--", TYPE).value, dict)
