"""Multipart forms, with python-multipart behind `body.parse`; loaded only when such a body comes."""

from typing import Any

from penstock_core.body.text import add_field, decode, parse_content_type
from penstock_core.errors import BodyError


def parse(raw: bytes, *, boundary: str, max_fields: int) -> dict[str, Any]:
    """The fields of a `multipart/form-data` body. Raises BodyError."""
    from python_multipart.exceptions import FormParserError
    from python_multipart.multipart import MultipartParser

    if not boundary:
        raise BodyError("the content type multipart/form-data has no boundary: send `; boundary=…` with it")
    parts = _Parts(max_fields)
    try:
        parser = MultipartParser(boundary.encode(), parts.callbacks())
        parser.write(raw)
        parser.finalize()
    except FormParserError as exc:
        offset = max(0, getattr(exc, "offset", 0))
        line = raw.count(b"\n", 0, offset) + 1
        column = offset - raw.rfind(b"\n", 0, offset)
        message = f"the multipart body is malformed at line {line}, column {column}: {exc}"
        raise BodyError(message, line=line, column=column) from exc
    if not parts.complete:
        raise BodyError(f"the multipart body ends before its closing boundary --{boundary[:70]}--")
    return parts.fields


class _Parts:
    """Collects what the parser reports: one part at a time, then its field."""

    def __init__(self, max_fields: int) -> None:
        self.fields: dict[str, Any] = {}
        self.complete = False
        self._left = max_fields
        self._headers: dict[str, str] = {}
        self._name = b""
        self._value = b""
        self._content = bytearray()

    def callbacks(self) -> Any:
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._header_field,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_part_data": self._data,
            "on_part_end": self._end,
            "on_end": self._finish,
        }

    def _begin(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise BodyError("the multipart body has too many parts")
        self._headers = {}
        self._content = bytearray()

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        self._headers[self._name.decode(errors="replace").lower()] = self._value.decode(errors="replace")
        self._name = self._value = b""

    def _data(self, data: bytes, start: int, end: int) -> None:
        self._content += data[start:end]

    def _end(self) -> None:
        _, disposition = parse_content_type(self._headers.get("content-disposition", ""))
        if "name" not in disposition:
            raise BodyError("a part of the multipart body has no name in its Content-Disposition header")
        add_field(self.fields, disposition["name"], self._field(disposition))

    def _field(self, disposition: dict[str, str]) -> Any:
        content_type = self._headers.get("content-type", "")
        content = bytes(self._content)
        if "filename" in disposition:
            return {"filename": disposition["filename"], "contentType": content_type, "content": content}
        return decode(content, parse_content_type(content_type)[1].get("charset", "utf-8"))

    def _finish(self) -> None:
        self.complete = True
