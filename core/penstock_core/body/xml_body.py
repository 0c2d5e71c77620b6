"""XML as a value, in a form that its data cannot change; behind `body.parse` and CEL's `xml.parse`.

| in the document | in the value |
|---|---|
| the document | a map with one member, the root element by its name |
| an element | a map, whatever is in it |
| its child elements | by name, always a list, in their order: also one of one |
| its text | `#text`, always there: "" without any |
| its attributes | `@name`, text, named as they are written (`@xsi:nil`) |
| its namespace | `#namespace`, where it has one; names are without prefixes, which are the sender's choice |

`<order id="7"><line>a</line></order>` is `{"order": {"@id": "7", "#text": "", "line": [{"#text": "a"}]}}`.
Text is as it stands; in an element that has children, white space alone is layout and not kept. Comments and processing
instructions are no part of it. A document type declaration is refused, and with it every entity but XML's own five.
"""

import sys
from typing import Any, Final
from xml.parsers import expat

from penstock_core.body.bounds import MOST, values_beside
from penstock_core.errors import BodyError

MAX_DEPTH: Final = 100
"""Levels of elements: each is two levels of a value, a map and a list."""
_ELEMENT, _ATTRIBUTE = 4, 1
"""What they count for, as to memory."""
_PIECE: Final = 256 * 1024
"""Characters that are handed to the parser at a time."""
_TEXT: Final = "#text"
_NAMESPACE: Final = "#namespace"
_XML: Final = "http://www.w3.org/XML/1998/namespace"
_SEPARATOR: Final = "\f"
"""Between the parts of a name that the parser reports: no character of XML."""


def parse(text: str, *, structure: int = MOST) -> dict[str, Any]:
    """The value of a document in the form above; what its declaration says of an encoding does not count, for it is text.

    `structure` bounds what it becomes, 0 is no bound: an element counts 4, an attribute 1. Takes time in proportion to
    the text. Raises BodyError with line and column, from 1.
    """
    text = text.removeprefix("\ufeff")
    document = _Document(values_beside(text, structure) if structure else sys.maxsize)
    try:
        for at in range(0, len(text), _PIECE):
            document.feed(text[at : at + _PIECE])
        return document.end()
    except expat.ExpatError as exc:
        raise document.problem(f"is not well-formed: {expat.ErrorString(exc.code)}", exc.lineno, exc.offset) from exc
    except UnicodeEncodeError as exc:
        at = text.find(exc.object[exc.start])
        line, column = text.count("\n", 0, at), at - text.rfind("\n", 0, at) - 1
        raise document.problem("holds half a surrogate pair, which is no character", line + 1, column) from exc
    finally:
        document.close()


class _Document:
    """What the parser reports becomes the value: the elements around are on a stack, the text of each is in pieces."""

    def __init__(self, left: int) -> None:
        self.value: dict[str, Any] = {}
        self._left = left
        self._open: list[tuple[dict[str, Any], list[str]]] = []
        self._words: dict[str, str] = {}
        """Each name and namespace once, however often it comes."""
        parser = self._parser = expat.ParserCreate(namespace_separator=_SEPARATOR)
        parser.namespace_prefixes = True
        parser.buffer_text = True
        parser.ordered_attributes = True
        parser.StartElementHandler = self._begin
        parser.EndElementHandler = self._end_element
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = self._refuse_doctype

    def feed(self, piece: str) -> None:
        self._parser.Parse(piece, False)

    def end(self) -> dict[str, Any]:
        self._parser.Parse("", True)
        return self.value

    def close(self) -> None:
        """Let go: the parser refers to what handles its reports, and an error to all that was read before it."""
        del self._parser
        self.value, self._open, self._words = {}, [], {}

    def problem(self, problem: str, line: int, offset: int) -> BodyError:
        """An error at a place; lines count from 1, characters of a line from 0."""
        message = f"the XML {problem} at line {line}, column {offset + 1}"
        return BodyError(message, line=line, column=offset + 1)

    def _here(self, problem: str) -> BodyError:
        return self.problem(problem, self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber)

    def _begin(self, name: str, attributes: list[str]) -> None:
        self._left -= _ELEMENT + _ATTRIBUTE * (len(attributes) // 2)
        if self._left < 0:
            raise self._here(
                "has more elements and attributes than are read at once: send it in parts; the first beyond is"
            )
        if len(self._open) == MAX_DEPTH:
            raise self._here(f"nests elements deeper than {MAX_DEPTH} levels")
        namespace, local, _ = _parts(name)
        element: dict[str, Any] = {_TEXT: ""}
        if namespace:
            element[_NAMESPACE] = self._once(namespace)
        for at in range(0, len(attributes), 2):
            element[self._once(_attribute(attributes[at]))] = attributes[at + 1]
        local = self._once(local)
        if self._open:
            self._open[-1][0].setdefault(local, []).append(element)
        else:
            self.value[local] = element
        self._open.append((element, []))

    def _end_element(self, _: str) -> None:
        element, pieces = self._open.pop()
        text = "".join(pieces)
        if text and not (text.isspace() and any(isinstance(member, list) for member in element.values())):
            element[_TEXT] = text

    def _text(self, text: str) -> None:
        if self._open:
            self._open[-1][1].append(text)

    def _refuse_doctype(self, *_: Any) -> None:
        raise self._here("has a document type declaration (<!DOCTYPE …>), which is not read: send it without one")

    def _once(self, word: str) -> str:
        return self._words.setdefault(word, word)


def _parts(name: str) -> tuple[str, str, str]:
    """Namespace, local name and prefix, each "" where there is none."""
    namespace, *rest = name.split(_SEPARATOR)
    if not rest:
        return "", namespace, ""
    return namespace, rest[0], rest[1] if len(rest) > 1 else ""


def _attribute(name: str) -> str:
    namespace, local, prefix = _parts(name)
    if namespace == _XML:
        prefix = "xml"
    return f"@{prefix}:{local}" if prefix else f"@{local}"
