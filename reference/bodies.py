"""How bodies arrive, as examples that a test runs."""

from typing import Any, Final, NamedTuple

from reference import markdown


class Arrived(NamedTuple):
    """A content type with a body's bytes, and the value that it is then; `how` is the trigger's `parse`."""

    content_type: str
    raw: bytes
    value: Any
    how: str = "auto"
    warned: bool = False


ARRIVED: Final = (
    Arrived("application/json", b'{"id": 7, "price": 1.50}', {"id": 7, "price": 1.5}),
    Arrived("application/x-www-form-urlencoded", b"name=Zo%C3%AB&tag=a&tag=b", {"name": "Zoë", "tag": ["a", "b"]}),
    Arrived("text/plain; charset=iso-8859-1", b"M\xfcller", "Müller"),
    Arrived("text/csv", b"name\nM\xfcller", "name\nMüller", warned=True),
    Arrived("text/csv", b"name,qty\nA,07", [{"name": "A", "qty": "07"}], how="csv"),
    Arrived(
        "application/xml",
        b'<?xml version="1.0" encoding="iso-8859-1"?><n>\xfc</n>',
        '<?xml version="1.0" encoding="iso-8859-1"?><n>ü</n>',
    ),
    Arrived("application/xml", b"<n>a</n>", {"n": {"#text": "a"}}, how="xml"),
    Arrived("application/hl7-v2", b"MSH|^~\\&|HIS\rPID|1", "MSH|^~\\&|HIS\rPID|1"),
    Arrived("application/x-ndjson", b'{"a": 1}\n{"a": 2}', '{"a": 1}\n{"a": 2}'),
    Arrived("application/octet-stream", b"a\xff", b"a\xff"),
    Arrived("application/octet-stream", b'{"id": 7}', {"id": 7}, how="json"),
)


def table() -> str:
    """Each with what is said of it, its bytes and its value."""
    rows = (
        (
            markdown.code(each.content_type),
            "" if each.how == "auto" else markdown.code(f"parse: {each.how}"),
            markdown.code(repr(each.raw)),
            f"{markdown.code(markdown.value(each.value))}{', and a warning' if each.warned else ''}",
        )
        for each in ARRIVED
    )
    return markdown.table(("content type", "trigger", "bytes", "value"), rows)
