"""How requests arrive: what a sender sends, and what an expression of the flow sees of it.

A line of a table is a name, what is sent, an expression, and its value. Bytes of Python (b"…") are bytes.
"""

import gzip
from dataclasses import dataclass, field
from typing import Any

import pytest

from penstock_core import codec
from penstock_core.body import encodings
from penstock_core.expressions.restricted import compile_restricted
from penstock_gateway.flows import Deduplication
from penstock_gateway.problems import Problem
from penstock_gateway.webhooks.request_data import Request, path_text, prepare
from penstock_runner.engine.variables import Evaluator, TriggerData

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=B"
HL7 = "MSH|^~\\&|LAB\rPID|1||42||Müller^Jörg\r"
BOM = "\ufeff"
TRIGGER = "${trigger.body}"


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A request; `parse` is what the flow's trigger says."""

    body: bytes = b""
    content_type: str | None = None
    query: bytes = b""
    path: str = "/hooks/acme/orders/flow"
    raw_path: bytes = b""
    headers: dict[str, bytes] = field(default_factory=dict)
    encoding: str = ""
    parse: str = "auto"


def arrived(sent: Sent, *, same: str = "") -> tuple[TriggerData, tuple[str, ...], str | None]:
    """The trigger as the runner has it, the execution's warnings, and what `deduplicateBy` gave."""
    pairs = [(name.encode(), value) for name, value in sent.headers.items()]
    if sent.content_type is not None:
        pairs.append((b"content-type", sent.content_type.encode()))
    raw = sent.body
    if sent.encoding:
        pairs.append((b"content-encoding", sent.encoding.encode()))
        raw = encodings.decoded(raw, encodings.encodings([sent.encoding]), limit=1 << 20)
    path, warnings = path_text(sent.path, sent.raw_path)
    request = Request(
        method="POST",
        path=path,
        query_string=sent.query,
        headers=pairs,
        lookup=dict(reversed(pairs)),
        raw=raw,
        is_decoded=bool(sent.encoding),
        how=sent.parse,
        warnings=warnings,
    )
    deduplication = Deduplication(value=compile_restricted(same), window_seconds=60) if same else None
    prepared = prepare(request, deduplication)
    key = prepared.idempotency.key if prepared.idempotency else None
    return TriggerData(codec.unpack(prepared.payload)), prepared.warnings, key


def seen(trigger: TriggerData, expression: str) -> Any:
    return Evaluator(config=(), names=tuple).fill(expression, field="set.value", variables={"trigger": trigger})


def refusal(sent: Sent) -> Problem:
    with pytest.raises(Problem) as caught:
        arrived(sent)
    return caught.value


def typed(content_type: str | None, body: bytes, **more: Any) -> Sent:
    return Sent(content_type=content_type, body=body, **more)


# what is sent, what `trigger.body` is
BODIES: dict[str, tuple[Sent, Any]] = {
    "json": (typed("application/json", b'{"a": [1]}'), {"a": [1]}),
    "json by its suffix": (typed("application/vnd.github.v3+json", b"[]"), []),
    "json in upper case": (typed("Application/JSON; Charset=UTF-8", b"1"), 1),
    "json with a mark": (typed("application/json", (BOM + '{"a":"ü"}').encode()), {"a": "ü"}),
    "json in utf-16": (typed("application/json", '{"a":"ü"}'.encode("utf-16")), {"a": "ü"}),
    "json in a declared charset": (typed("application/json; charset=iso-8859-1", '"ü"'.encode("latin-1")), "ü"),
    "json without anything": (typed("application/json", b""), None),
    "json under another type is text": (typed("text/plain", b'{"a": 1}'), '{"a": 1}'),
    "plain text": (typed("text/plain", "Grüße".encode()), "Grüße"),
    "digits are text": (typed("text/plain", b"007"), "007"),
    "text without anything": (typed("text/plain", b""), ""),
    "text with a mark": (typed("text/plain", (BOM + "ü").encode()), "ü"),
    "text with two marks": (typed("text/plain", (BOM + BOM + "ü").encode()), "ü"),
    "text whose mark is not what is declared": (typed("text/csv; charset=iso-8859-1", (BOM + "ü").encode()), "ü"),
    "text in utf-16 by its mark": (typed("text/plain", (BOM + "ü").encode("utf-16-be")), "ü"),
    "html": (typed("text/html", b"<p>"), "<p>"),
    "csv": (typed("text/csv", "id;name\n1;Jörg\n".encode()), "id;name\n1;Jörg\n"),
    "csv in a declared charset": (typed("text/csv; charset=windows-1252", "5 €\n".encode("cp1252")), "5 €\n"),
    "csv as Excel sends it": (typed("application/csv", (BOM + "a\r\n").encode()), "a\r\n"),
    "hl7": (typed("application/hl7-v2", HL7.encode()), HL7),
    "hl7 by its other name": (typed("x-application/hl7-v2+er7; charset=iso-8859-1", HL7.encode("latin-1")), HL7),
    "edifact": (typed("application/EDIFACT", b"UNA:+.? '"), "UNA:+.? '"),
    "x12": (typed("application/edi-x12", b"ISA*00*"), "ISA*00*"),
    "ndjson": (typed("application/x-ndjson", b"{}\n{}\n"), "{}\n{}\n"),
    "yaml": (typed("application/yaml", b"a: 1"), "a: 1"),
    "graphql": (typed("application/graphql", b"{ a }"), "{ a }"),
    "xml": (typed("application/xml", b"<a/>"), "<a/>"),
    "soap": (typed("application/soap+xml; charset=utf-8; action=x", b"<a/>"), "<a/>"),
    "an image that is text": (typed("image/svg+xml", b"<svg/>"), "<svg/>"),
    "xml by its declaration": (
        typed("text/xml", '<?xml version="1.0" encoding="ISO-8859-15"?><a>€</a>'.encode("iso-8859-15")),
        '<?xml version="1.0" encoding="ISO-8859-15"?><a>€</a>',
    ),
    "xml by its content type, which goes before": (
        typed("text/xml; charset=utf-8", '<?xml version="1.0" encoding="ISO-8859-1"?><a>ü</a>'.encode()),
        '<?xml version="1.0" encoding="ISO-8859-1"?><a>ü</a>',
    ),
    "xml by its mark": (
        typed("application/xml; charset=us-ascii", (BOM + "<a>ü</a>").encode("utf-16")),
        "<a>ü</a>",
    ),
    "xml in utf-16 without a mark": (
        typed("application/xml", "<?xml version='1.0'?><a>ü</a>".encode("utf-16-le")),
        "<?xml version='1.0'?><a>ü</a>",
    ),
    "xml that says utf-16 and is not": (
        typed("application/xml", "<?xml version='1.0' encoding='utf-16'?><a>ü</a>".encode()),
        "<?xml version='1.0' encoding='utf-16'?><a>ü</a>",
    ),
    "bytes": (typed("application/octet-stream", b"text"), b"text"),
    "bytes with a charset": (typed("application/octet-stream;charset=UTF-8", b"\xff"), b"\xff"),
    "an image": (typed("image/png", b"\x89PNG"), b"\x89PNG"),
    "a spreadsheet": (typed("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b"PK"), b"PK"),
    "a type that nobody knows": (typed("application/x-our-own", b"text"), b"text"),
    "a type that nobody knows, with a charset": (typed("application/x-our-own; charset=utf-8", b"text"), "text"),
    "bytes without anything": (typed("application/octet-stream", b""), b""),
    "no type": (typed(None, b'{"a": 1}'), '{"a": 1}'),
    "no type and nothing": (typed(None, b""), None),
    "a form": (typed(FORM, b"a=1&b=%C3%BC+x&c=&d"), {"a": "1", "b": "ü x", "c": "", "d": ""}),
    "a form that repeats a name": (typed(FORM, b"a=1&a=2"), {"a": ["1", "2"]}),
    "a form with a mark": (typed(FORM, b"\xef\xbb\xbfa=%EF%BB%BF1"), {"a": "1"}),
    "a form that says its charset": (typed(FORM, b"_charset_=iso-8859-1&a=%FC"), {"_charset_": "iso-8859-1", "a": "ü"}),
    "a form of a semicolon": (typed(FORM, b"a=1;b=2"), {"a": "1;b=2"}),
    "a form without anything": (typed(FORM, b""), {}),
    "gzip": (typed("application/json", gzip.compress(b"[1]"), encoding="gzip"), [1]),
    "text of the trigger": (typed("application/json", b"[1]", parse="text"), "[1]"),
    "bytes of the trigger": (typed("application/json", b"[1]", parse="bytes"), b"[1]"),
    "json of the trigger": (typed("text/plain", b"[1]", parse="json"), [1]),
    "json of the trigger without a type": (typed(None, b"[1]", parse="json"), [1]),
    "csv of the trigger": (typed("text/csv", "a,b\n1,ü".encode(), parse="csv"), [{"a": "1", "b": "ü"}]),
    "csv of the trigger, in a charset": (
        typed("text/csv; charset=latin1", b"a\n\xfc", parse="csv"),
        [{"a": "ü"}],
    ),
    "csv of the trigger with a mark": (typed(None, (BOM + "a\n1").encode(), parse="csv"), [{"a": "1"}]),
    "csv of the trigger without rows": (typed("text/csv", b"", parse="csv"), []),
    "xml of the trigger": (
        typed("text/xml", '<?xml version="1.0" encoding="latin1"?><a b="ü"/>'.encode("latin-1"), parse="xml"),
        {"a": {"#text": "", "@b": "ü"}},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BODIES)
def test_what_a_body_is(case: str) -> None:
    """The declared type decides what `trigger.body` is."""
    sent, expected = BODIES[case]
    trigger, warnings, _ = arrived(sent)

    assert seen(trigger, TRIGGER) == expected
    assert type(seen(trigger, TRIGGER)) is type(expected)
    assert warnings == ()


ASSUMED: dict[str, tuple[Sent, str, Any]] = {
    "text": (typed("text/plain", "Jörg €".encode("cp1252")), TRIGGER, "Jörg €"),
    "csv": (typed("text/csv", "Müller\n".encode("latin-1")), TRIGGER, "Müller\n"),
    "csv as a value": (typed("text/csv", b"a\n\xfc\n", parse="csv"), TRIGGER, [{"a": "ü"}]),
    "hl7": (typed("application/hl7-v2", HL7.encode("latin-1")), TRIGGER, HL7),
    "xml without a declaration": (typed("text/xml", b"<a>\xfc</a>"), TRIGGER, "<a>ü</a>"),
    "bytes that windows-1252 leaves open": (typed("text/plain", b"\x81\xff"), TRIGGER, "\x81ÿ"),
    "without a type": (typed(None, b"\xfc"), TRIGGER, "ü"),
    "json of a step that takes text": (typed("application/json", b'"\xfc"', parse="text"), TRIGGER, '"ü"'),
    "a form": (typed(FORM, b"a=%FC&b=1"), TRIGGER, {"a": "ü", "b": "1"}),
    "a part": (
        typed(MULTIPART, b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xfc\r\n--B--'),
        TRIGGER,
        {"a": "ü"},
    ),
    "a query": (Sent(query=b"a=%FC"), "${trigger.query.a}", "ü"),
    "a header": (Sent(headers={"x-name": b"J\xf6rg"}), "${trigger.headers['x-name']}", "Jörg"),
    "a path": (
        Sent(path="/hooks/acme/orders/flow/\ufffd", raw_path=b"/hooks/acme/orders/flow/%FC"),
        "${trigger.path}",
        "ü",
    ),
}


@pytest.mark.parametrize("case", ASSUMED)
def test_what_declares_no_charset_and_is_not_utf_8(case: str) -> None:
    """It is read as windows-1252, and the execution says so, with the place."""
    sent, expression, expected = ASSUMED[case]
    trigger, warnings, _ = arrived(sent)

    assert seen(trigger, expression) == expected
    [warning] = warnings
    assert "windows-1252" in warning
    assert "offset" in warning


REFUSED: dict[str, tuple[Sent, str]] = {
    "json that is not": (typed("application/json", b"{a: 1}"), "not valid JSON"),
    "json that is not utf-8": (typed("application/json", b'"\xfc"'), "byte 0xfc at offset 1, line 1, column 2"),
    "text that is not what is declared": (typed("text/csv; charset=utf-8", b"a\nb\xfc"), "byte 0xfc at offset 3, line 2, column 2"),
    "ascii that is not": (typed("text/plain; charset=us-ascii", b"\xfc"), "byte 0xfc at offset 0"),
    "a mark that is not true": (typed("text/plain", b"\xef\xbb\xbf\xfc"), "byte 0xfc at offset 3"),
    "half a character of utf-16": (typed("text/plain", b"\xff\xfea"), "offset"),
    "xml that is not what it declares": (
        typed("text/xml", b'<?xml version="1.0" encoding="utf-8"?>\n<a>\xfc</a>'),
        "line 2, column 4",
    ),
    "xml in a charset that nobody knows": (typed("text/xml", b'<?xml version="1.0" encoding="x-own"?><a/>'), "`x-own`"),
    "a charset that nobody knows": (typed("text/plain; charset=x-own", b"a"), "`x-own`"),
    "a form that is not what it declares": (typed(f"{FORM}; charset=utf-8", b"a=1&b=%FC"), "offset 4, line 1, column 5"),
    "csv that is none": (typed("text/csv", b"a,b\n1\n", parse="csv"), "line 2, column 1"),
    "csv without a header": (typed("text/csv; header=absent", b"1\n", parse="csv"), "header=absent"),
    "xml that is none": (typed("text/xml", b"<a>", parse="xml"), "line 1, column 4"),
    "xml of nothing": (typed("text/xml", b"", parse="xml"), "no element"),
    "a form where json is": (typed(FORM, b"a=1", parse="json"), "reads every body as json"),
    "too many fields of a query": (Sent(query=b"&".join([b"a=1"] * 1001)), "1000"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case: str) -> None:
    """What is not what it is declared to be is a 400 that says where."""
    sent, message = REFUSED[case]

    problem = refusal(sent)

    assert problem.kind.status == 400
    assert message in problem.detail


# what is sent, an expression, its value
MEMBERS: dict[str, tuple[Sent, str, Any]] = {
    "one of a name": (Sent(query=b"a=1"), "${trigger.query.a}", "1"),
    "several of a name": (Sent(query=b"a=1&b=x&a=2"), "${trigger.query.a}", ["1", "2"]),
    "always a list, of one": (Sent(query=b"a=1"), "${trigger.queryAll.a}", ["1"]),
    "always a list, of several": (Sent(query=b"a=1&a=2"), "${trigger.queryAll['a']}", ["1", "2"]),
    "no query": (Sent(), "${trigger.queryAll}", {}),
    "a query of names alone": (Sent(query=b"a&b="), "${trigger.query}", {"a": "", "b": ""}),
    "a query in utf-8": (Sent(query=b"a=%C3%BC+x&b=\xc3\xbc"), "${trigger.query}", {"a": "ü x", "b": "ü"}),
    "a query with what stands for itself": (Sent(query=b"a=1;2&b=100%&c=a=b"), "${trigger.query}", {"a": "1;2", "b": "100%", "c": "a=b"}),
    "a field, always a list": (typed(FORM, b"a=1"), "${trigger.bodyAll.a}", ["1"]),
    "fields, always lists": (typed(FORM, b"a=1&b=2&a=3"), "${trigger.bodyAll}", {"a": ["1", "3"], "b": ["2"]}),
    "no form": (typed("application/json", b'{"a": 1}'), "${trigger.bodyAll}", None),
    "no form where the trigger takes text": (typed(FORM, b"a=1", parse="text"), "${trigger.bodyAll}", None),
    "a header in utf-8": (Sent(headers={"x-name": "Jörg".encode()}), "${trigger.headers['x-name']}", "Jörg"),
    "a path": (Sent(path="/hooks/acme/orders/flow/a/b c"), "${trigger.path}", "a/b c"),
    "raw bytes": (typed("application/json", b" [1]"), "${trigger.rawBody}", b" [1]"),
    "raw bytes without their encoding": (typed("application/json", gzip.compress(b" [1]"), encoding="gzip"), "${trigger.rawBody}", b" [1]"),
    "headers without what is undone": (
        typed("application/json", gzip.compress(b"[1]"), encoding="gzip", headers={"content-length": b"23", "x-a": b"1"}),
        "${trigger.headers}",
        {"x-a": "1", "content-type": "application/json"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", MEMBERS)
def test_what_other_members_are(case: str) -> None:
    """Query, fields, headers and path have one meaning each."""
    sent, expression, expected = MEMBERS[case]
    trigger, warnings, _ = arrived(sent)

    assert seen(trigger, expression) == expected
    assert warnings == ()


# parts of a multipart form, each its head and its content; what `trigger.body` is
def file(name: str, content: bytes, content_type: str = "") -> dict[str, Any]:
    return {"filename": name, "contentType": content_type, "content": content}


def part(disposition: str, content: bytes, *more: str) -> bytes:
    lines = [f"Content-Disposition: form-data; {disposition}", *more]
    return b"--B\r\n" + "".join(f"{line}\r\n" for line in lines).encode() + b"\r\n" + content + b"\r\n"


END = b"--B--\r\n"
LF = (
    b'--B\nContent-Disposition: form-data; name="a"\n\n1\r\n2\n--B\nContent-Disposition: form-data; name=b\n\n\n--B--\n'
)
NESTED = (
    b"--C\r\nContent-Disposition: file; filename=1.txt\r\n\r\none\r\n"
    b'--C\r\nContent-Disposition: attachment; filename="2.bin"\r\nContent-Type: image/png\r\n\r\n\xff\r\n--C--'
)
PARTS: dict[str, tuple[bytes, Any]] = {
    "a field": (part('name="a"', b"1") + END, {"a": "1"}),
    "a name twice": (part('name="a"', b"1") + part('name="a"', b"2") + END, {"a": ["1", "2"]}),
    "a file": (part('name="f"; filename="x.bin"', b"\xff", "Content-Type: image/png") + END, {"f": file("x.bin", b"\xff", "image/png")}),
    "a file of text is bytes": (part('name="f"; filename="x.txt"', b"x", "Content-Type: text/plain") + END, {"f": file("x.txt", b"x", "text/plain")}),
    "a file that nobody chose": (part('name="f"; filename=""', b"") + END, {"f": file("", b"")}),
    "a field that is declared binary": (part('name="a"', b"\xff", "Content-Type: application/octet-stream") + END, {"a": b"\xff"}),
    "a field of json is text": (part('name="a"', b"{}", "Content-Type: application/json") + END, {"a": "{}"}),
    "a preamble and an epilogue": (b"for old readers\r\n" + part('name="a"', b"1") + END + b"the end\r\n--B\r\n", {"a": "1"}),
    "no part": (END, {}),
    "no line break at the end": (part('name="a"', b"1") + b"--B--", {"a": "1"}),
    "blanks behind the boundary": (b'--B \t\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--B-- \r\n', {"a": "1"}),
    "content that looks like a boundary": (part('name="a"', b"\r\n--Bx\r\n--\r\n-B--") + END, {"a": "\r\n--Bx\r\n--\r\n-B--"}),
    "lines of LF": (LF, {"a": "1\r\n2", "b": ""}),
    "LF inside of a body of CRLF": (part('name="a"', b"1\n--B\n2") + END, {"a": "1\n--B\n2"}),
    "nothing in a part": (b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n--B--', {"a": ""}),
    "quotes in a name": (part(r'name="a\"b\\c"', b"1") + END, {'a"b\\c': "1"}),
    "quotes as browsers write them": (part('name="a%22b%0D%0Ac%20"', b"1") + END, {'a"b\r\nc%20': "1"}),
    "semicolons in quotes": (part('name="a;b"; filename="x; name=y"', b"1") + END, {"a;b": file("x; name=y", b"1")}),
    "a path of Windows": (part(r'name="f"; filename="C:\temp\x.txt"', b"1") + END, {"f": file("C:\\temp\\x.txt", b"1")}),
    "a name in utf-8": (part('name="größe"; filename="ü.txt"', b"1") + END, {"größe": file("ü.txt", b"1")}),
    "an extended file name": (part("name=f; filename=x; filename*=UTF-8''%E2%82%AC%20x", b"1") + END, {"f": file("€ x", b"1")}),
    "an extended file name in latin-1": (part("name=f; filename*=iso-8859-1'de'%FC", b"1") + END, {"f": file("ü", b"1")}),
    "folded header lines": (part('\r\n name="a";\r\n\tfilename="x"', b"1") + END, {"a": file("x", b"1")}),
    "headers in any case": (b'--B\r\ncontent-DISPOSITION:form-data;NAME="a"\r\n\r\n1\r\n' + END, {"a": "1"}),
    "a charset of a part": (part('name="a"', b"\xfc", "Content-Type: text/plain; charset=iso-8859-1") + END, {"a": "ü"}),
    "xml by its declaration": (part('name="a"', b"<?xml version='1.0' encoding='latin1'?><a>\xfc</a>", "Content-Type: text/xml") + END, {"a": "<?xml version='1.0' encoding='latin1'?><a>ü</a>"}),
    "a charset of all parts": (part('name="a"', b"\xa4") + part('name="_charset_"', b"iso-8859-15") + END, {"a": "€", "_charset_": "iso-8859-15"}),
    "a mark in a part": (part('name="a"', b"\xef\xbb\xbf1") + END, {"a": "1"}),
    "base64": (part('name="a"', b"w7w=\r\n", "Content-Transfer-Encoding: BASE64") + END, {"a": "ü"}),
    "quoted-printable": (part('name="a"', b"=C3=BC=\r\n!", "Content-Transfer-Encoding: quoted-printable") + END, {"a": "ü!"}),
    "binary": (part('name="a"', b"=C3", "Content-Transfer-Encoding: binary") + END, {"a": "=C3"}),
    "files of one field": (part('name="f"', NESTED, "Content-Type: multipart/mixed; boundary=C") + END, {"f": [file("1.txt", b"one"), file("2.bin", b"\xff", "image/png")]}),
}  # fmt: skip
BROKEN: dict[str, tuple[bytes, str]] = {
    "no boundary line": (b"a=1", "no line --B at line 1, column 1"),
    "no end": (part('name="a"', b"1"), "ends before its closing boundary --B--"),
    "no name": (part("x=y", b"1") + END, "no name"),
    "no disposition": (b"--B\r\n\r\n1\r\n" + END, "no name"),
    "a header without a colon": (b"--B\r\nnothing\r\n\r\n1\r\n" + END, "no colon"),
    "a head without an end": (b"--B\r\nX: " + b"y" * 20_000 + b"\r\n\r\n1\r\n" + END, "16384 bytes"),
    "too many parts": (part("name=a", b"") * 10_001 + END, "is one too many"),
    "too many parts without files": (
        part("name=a", b"--C--", "Content-Type: multipart/mixed; boundary=C") * 10_001 + END,
        "is one too many",
    ),
    "base64 that is none": (part("name=a", b"*", "Content-Transfer-Encoding: base64") + END, "not base64"),
    "an encoding that nobody knows": (part("name=a", b"1", "Content-Transfer-Encoding: x-uuencode") + END, "`x-uuencode`"),
    "a part that is not what it declares": (part("name=a", b"\xfc", "Content-Type: text/plain; charset=utf-8") + END, "part `a` is not utf-8"),
    "parts in parts in parts": (
        part("name=a", b"--C\r\nContent-Type: multipart/mixed; boundary=D\r\n\r\n--D--\r\n--C--", "Content-Type: multipart/mixed; boundary=C") + END,
        "nested deeper",
    ),
    "an extended name without quotes": (part("name=f; filename*=x", b"1") + END, "filename*"),
}  # fmt: skip


@pytest.mark.parametrize("case", PARTS)
def test_what_parts_are(case: str) -> None:
    """Multipart forms are read by the RFCs, and as browsers write them."""
    raw, expected = PARTS[case]
    trigger, warnings, _ = arrived(typed(MULTIPART, raw))

    assert seen(trigger, TRIGGER) == expected
    assert {len(values) for values in seen(trigger, "${trigger.bodyAll}").values()} <= {1, 2}
    assert warnings == ()


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_no_multipart_form(case: str) -> None:
    """A malformed form is a 400 that says what is missing, and where."""
    raw, message = BROKEN[case]

    assert message in refusal(typed(MULTIPART, raw)).detail


@pytest.mark.parametrize(
    ("sent", "same", "key"),
    [
        (Sent(query=b"a=1&a=2"), "${trigger.queryAll.a[1]}", "2"),
        (Sent(query=b"a=1"), "${trigger.queryAll.a[0]}", "1"),
        (typed(FORM, b"a=1"), "${trigger.bodyAll.a[0]}", "1"),
        (typed("text/csv", b"id\n7\n", parse="csv"), "${trigger.body[0].id}", "7"),
        (typed("text/xml", b"<o><id>7</id></o>", parse="xml"), "${trigger.body.o.id[0]['#text']}", "7"),
    ],
)
def test_the_gateway_sees_the_same(sent: Sent, same: str, key: str) -> None:
    """What `deduplicateBy` names is what the flow sees."""
    trigger, _, found = arrived(sent, same=same)

    assert found == key
    assert seen(trigger, same) == key


def test_triggers_of_earlier_releases() -> None:
    """What an earlier release stored, which knew no `parse`, is read by its content type."""
    stored = {"headers": {}, "query": {"a": "1"}, "path": "", "method": "POST", "contentType": FORM, "rawBody": b"b=2"}

    trigger = TriggerData(stored)

    assert (trigger["body"], trigger["bodyAll"], trigger["queryAll"]) == ({"b": "2"}, {"b": ["2"]}, {"a": ["1"]})


def test_triggers_that_no_request_made() -> None:
    """A schedule's has neither body nor query."""
    trigger = TriggerData({"startedAt": "2026-01-31T06:00:00Z"})

    assert (trigger["body"], trigger["bodyAll"], trigger["queryAll"]) == (None, None, None)
