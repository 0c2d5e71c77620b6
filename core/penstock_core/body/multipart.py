"""Multipart forms (RFC 2046, RFC 7578), behind `body.parse`; loaded only when such a body comes.

A preamble and an epilogue are passed over. Lines end with CRLF; where the first boundary's line ends with LF alone, all do.
Of the header fields of a part these count: Content-Disposition (`name`, `filename`, `filename*`), Content-Type, and
Content-Transfer-Encoding, which is undone where it is base64 or quoted-printable. Long lines may be folded.
"""

import binascii
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple
from urllib.parse import unquote_to_bytes

from penstock_core.body import text
from penstock_core.body.content_types import Kind, kind_of
from penstock_core.body.text import add_field, decode, parse_content_type, parse_parameters
from penstock_core.body.xml_encoding import declared_charset
from penstock_core.errors import BodyError

MAX_HEAD: Final = 16 * 1024
"""Bytes of a part's header fields."""
MAX_HEADS: Final = 2 * 1024 * 1024
"""Bytes of the header fields of all parts: they take more time than content does."""
_CHARSET_FIELD: Final = "_charset_"
"""The field that says the charset of those parts that name none (RFC 7578, 4.6)."""
_ESCAPES: Final = (("%22", '"'), ("%0D", "\r"), ("%0A", "\n"))
"""What browsers write in names, and nothing else."""


def parse(raw: bytes, *, boundary: str, max_fields: int) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The fields of a `multipart/form-data` body, and warnings. Raises BodyError."""
    if not boundary:
        raise BodyError("the content type multipart/form-data has no boundary: send `; boundary=…` with it")
    form = _Form(raw, max_fields)
    for part in _parts(raw, boundary, _Span(0, len(raw))):
        form.take(part)
    return form.fields(), tuple(form.warnings)


class _Span(NamedTuple):
    start: int
    end: int


class _Part(NamedTuple):
    """A part's header fields by their names in lower case, and where its content is; `at` is where the part begins."""

    at: int
    headers: dict[str, bytes]
    content: _Span


class _Named(NamedTuple):
    name: str
    part: _Part
    filename: str | None


class _Form:
    """Gathers parts; what they are is decided once all are known, for one may say the charset of the others."""

    def __init__(self, raw: bytes, most: int) -> None:
        self.warnings: list[str] = []
        self._raw = raw
        self._left = most
        self._heads = 0
        self._named: list[_Named] = []

    def take(self, part: _Part) -> None:
        """One part, or those that are nested in it as the files of one field."""
        self._count(part)
        disposition = self._disposition(part)
        if "name" not in disposition:
            raise self._problem(part, "has no name in its Content-Disposition header")
        name, filename = _unescaped(disposition["name"]), _filename(disposition)
        media_type, parameters = self._content_type(part)
        if media_type != "multipart/mixed" or filename is not None:
            self._named.append(_Named(name, part, filename))
            return
        for inner in _parts(self._raw, parameters.get("boundary", ""), part.content):
            self._count(inner)
            if self._content_type(inner)[0] == "multipart/mixed":
                raise self._problem(inner, "is nested deeper than files of one field are")
            self._named.append(_Named(name, inner, _filename(self._disposition(inner))))

    def fields(self) -> dict[str, Any]:
        """All of them, a list where a name is repeated."""
        charset = ""
        for named in self._named:
            if named.name == _CHARSET_FIELD and named.filename is None:
                charset = (
                    self._raw[named.part.content.start : named.part.content.end].decode("ascii", "replace").strip()
                )
                break
        fields: dict[str, Any] = {}
        for named in self._named:
            add_field(fields, named.name, self._value(named, charset))
        return fields

    def _count(self, part: _Part) -> None:
        self._left -= 1
        self._heads += part.content.start - part.at
        if self._left < 0 or self._heads > MAX_HEADS:
            raise self._problem(part, "is one too many, or all have too many header fields")

    def _value(self, named: _Named, charset: str) -> Any:
        part = named.part
        content = self._content(part)
        media_type, parameters = self._content_type(part)
        if named.filename is not None:
            content_type = self._header(part, "content-type")
            return {"filename": named.filename, "contentType": content_type, "content": content}
        kind = kind_of(media_type, parameters)
        if kind is Kind.BYTES:
            return content
        own = parameters.get("charset") or (declared_charset(content) if kind is Kind.XML else "")
        return self._text(content, own or charset, f"the part `{named.name[:40]}`")

    def _content(self, part: _Part) -> bytes:
        encoding = self._header(part, "content-transfer-encoding").strip().lower()
        undo = _TRANSFER.get(encoding)
        if undo is None:
            problem = (
                f"has the Content-Transfer-Encoding `{encoding[:40]}`: send it as binary, base64 or quoted-printable"
            )
            raise self._problem(part, problem)
        try:
            return undo(self._raw[part.content.start : part.content.end])
        except ValueError as exc:
            raise self._problem(part, f"is not {encoding}: {exc}") from exc

    def _content_type(self, part: _Part) -> tuple[str, dict[str, str]]:
        return parse_content_type(self._header(part, "content-type"))

    def _disposition(self, part: _Part) -> dict[str, str]:
        return parse_parameters(self._header(part, "content-disposition"), escapable='"\\')[1]

    def _header(self, part: _Part, name: str) -> str:
        return self._text(part.headers.get(name, b""), "", f"the header {name} of a part")

    def _text(self, raw: bytes, charset: str, what: str) -> str:
        found = text.read(raw, charset, what=what)
        self.warnings += (
            warning for warning in found.warnings if warning not in self.warnings and len(self.warnings) < 20
        )
        return found.text

    def _problem(self, part: _Part, problem: str) -> BodyError:
        return _problem(self._raw, part.at, f"a part of the multipart body {problem}")


def _parts(raw: bytes, boundary: str, span: _Span) -> Iterator[_Part]:
    """The parts between boundary lines, in a span of the body."""
    marker = b"--" + boundary.encode()
    shown = f"--{boundary[:70]}"
    first = _first(raw, marker, span)
    if not boundary or first is None:
        raise _problem(raw, span.start, f"the multipart body is malformed: it has no line {shown}")
    line_end = b"\n" if first.line_end == b"\n" else b"\r\n"
    line = first
    while not line.is_last:
        at = line.end
        following = _next(raw, line_end + marker, at - len(line.line_end), span.end)
        if following is None:
            raise _problem(raw, span.end, f"the multipart body ends before its closing boundary {shown}--")
        yield _part(raw, _Span(at, max(at, following.start)), line_end)
        line = following


class _Line(NamedTuple):
    """A boundary's line: where the line break before it begins, where it ends, and with what."""

    start: int
    end: int
    line_end: bytes
    is_last: bool


def _first(raw: bytes, marker: bytes, span: _Span) -> _Line | None:
    """The first boundary, at the beginning or behind a preamble."""
    if raw.startswith(marker, span.start, span.end) and (
        line := _line(raw, span.start, span.start + len(marker), span.end)
    ):
        return line
    return _next(raw, b"\n" + marker, span.start, span.end)


def _next(raw: bytes, delimiter: bytes, at: int, end: int) -> _Line | None:
    """The next line that is a boundary and nothing else."""
    while (found := raw.find(delimiter, at, end)) >= 0:
        if line := _line(raw, found, found + len(delimiter), end):
            return line
        at = found + 1
    return None


def _line(raw: bytes, start: int, at: int, end: int) -> _Line | None:
    """The boundary's line whose boundary ends at `at`; None where the line goes on, and so is no boundary's."""
    is_last = raw.startswith(b"--", at, end)
    at += 2 if is_last else 0
    while at < end and raw[at] in b" \t":
        at += 1
    for line_end in (b"\r\n", b"\n"):
        if raw.startswith(line_end, at, end):
            return _Line(start, at + len(line_end), line_end, is_last)
    return _Line(start, end, b"", is_last) if is_last and at == end else None


def _part(raw: bytes, span: _Span, line_end: bytes) -> _Part:
    """Header fields and content of what stands between two boundaries."""
    if raw.startswith(line_end, span.start, span.end):
        return _Part(span.start, {}, _Span(span.start + len(line_end), span.end))
    head = raw.find(2 * line_end, span.start, min(span.end, span.start + MAX_HEAD))
    if head < 0 and span.end - span.start > MAX_HEAD:
        raise _problem(raw, span.start, f"a part of the multipart body has more than {MAX_HEAD} bytes of header fields")
    content = head + 2 * len(line_end) if head >= 0 else span.end
    lines = raw[span.start : head if head >= 0 else span.end].split(line_end)
    return _Part(span.start, _headers(raw, span.start, lines), _Span(content, span.end))


def _headers(raw: bytes, at: int, lines: list[bytes]) -> dict[str, bytes]:
    headers: dict[str, bytes] = {}
    name = ""
    for line in lines:
        if line[:1] in (b" ", b"\t") and name:
            headers[name] += b" " + line.strip()
            continue
        before, colon, value = line.partition(b":")
        name = before.decode("latin-1").strip().lower()
        if line and not (colon and name):
            raise _problem(raw, at, "a part of the multipart body is malformed: a line of its header has no colon")
        headers.setdefault(name, value.strip())
    return headers


def _filename(disposition: dict[str, str]) -> str | None:
    """A file's name, None where the part is no file; `filename*` (RFC 8187) goes before `filename`."""
    extended = disposition.get("filename*")
    if extended is None:
        return None if "filename" not in disposition else _unescaped(disposition["filename"])
    charset, _, rest = extended.partition("'")
    _, quote, encoded = rest.partition("'")
    if not quote:
        raise BodyError(
            "the file name of a part, filename*, is malformed: write it as in filename*=UTF-8''na%C3%AFve.txt"
        )
    return decode(unquote_to_bytes(encoded), charset, what="the file name of a part")


def _unescaped(name: str) -> str:
    for written, character in _ESCAPES:
        name = name.replace(written, character)
    return name


def _base64(content: bytes) -> bytes:
    return binascii.a2b_base64(content.translate(None, b" \t\r\n"), strict_mode=True)


def _same(content: bytes) -> bytes:
    return content


_TRANSFER: Final[dict[str, Callable[[bytes], bytes]]] = {
    "": _same,
    "7bit": _same,
    "8bit": _same,
    "binary": _same,
    "base64": _base64,
    "quoted-printable": binascii.a2b_qp,
}


def _problem(raw: bytes, offset: int, problem: str) -> BodyError:
    line, column = text.position(raw, offset)
    return BodyError(f"{problem} at line {line}, column {column}", line=line, column=column)
