"""XML as a value, in a form that does not depend on how often something is there."""

import gc
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock_core.body import xml_body
from penstock_core.errors import BodyError


def leaf(text: str) -> dict[str, Any]:
    return {"#text": text}


READ: dict[str, tuple[str, Any]] = {
    "an element is a map": ("<a>1</a>", {"a": leaf("1")}),
    "an empty one, too": ("<a/>", {"a": leaf("")}),
    "one child is a list": ("<a><b>1</b></a>", {"a": {"#text": "", "b": [leaf("1")]}}),
    "two children are a list": ("<a><b>1</b><b/></a>", {"a": {"#text": "", "b": [leaf("1"), leaf("")]}}),
    "attributes": ('<a id="7" x=""/>', {"a": {"#text": "", "@id": "7", "@x": ""}}),
    "layout is not kept": ("<a>\n  <b> </b>\n</a>", {"a": {"#text": "", "b": [leaf(" ")]}}),
    "mixed text is joined": ("<a>x <b/> y</a>", {"a": {"#text": "x  y", "b": [leaf("")]}}),
    "no prefixes, but the namespace": (
        '<s:a xmlns:s="urn:s"><s:b/></s:a>',
        {"a": {"#text": "", "#namespace": "urn:s", "b": [{"#text": "", "#namespace": "urn:s"}]}},
    ),
    "the same by default": ('<a xmlns="urn:s"/>', {"a": {"#text": "", "#namespace": "urn:s"}}),
    "attributes keep their prefix": (
        '<a xmlns:x="urn:x" type="1" x:type="2" xml:lang="de"/>',
        {"a": {"#text": "", "@type": "1", "@x:type": "2", "@xml:lang": "de"}},
    ),
    "entities and CDATA are text": ("<a>&lt;&#228;<![CDATA[&<]]></a>", {"a": leaf("<ä&<")}),
    "comments and instructions are not": ("<?p x?><a>1<!-- c -->2<?q?></a>", {"a": leaf("12")}),
    "line breaks are one character": ("<a>1\r\n2</a>", {"a": leaf("1\n2")}),
    "a declared encoding is of the past": ('\ufeff<?xml version="1.0" encoding="iso-8859-1"?><a>ü</a>', {"a": leaf("ü")}),
}  # fmt: skip
REFUSED: dict[str, tuple[str, int, int, str]] = {
    "nothing": ("", 1, 1, "no element"),
    "a tag that is not closed": ("<a>\n <b></a>", 2, 7, "mismatched tag"),
    "two roots": ("<a/><b/>", 1, 5, "junk"),
    "an entity of its own": ("<a>&nbsp;</a>", 1, 4, "undefined entity"),
    "laughs": ('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', 1, 0, "DOCTYPE"),
    "a file": ('<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', 1, 0, "DOCTYPE"),
    "a character that XML lacks": ("<a>\x00</a>", 1, 4, "invalid token"),
    "half a pair": ("<a>\n\ud800</a>", 2, 1, "surrogate"),
    "depth": ("<a>" * 101, 1, 301, "100 levels"),
    "a prefix of nothing": ("<x:a/>", 1, 1, "unbound prefix"),
}


@pytest.mark.parametrize("case", READ)
def test_what_xml_becomes(case: str) -> None:
    """Elements are maps, children lists, whatever there is of them."""
    text, expected = READ[case]

    assert xml_body.parse(text) == expected


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_xml(case: str) -> None:
    """What is malformed or hostile is refused with its place."""
    text, line, column, message = REFUSED[case]

    with pytest.raises(BodyError, match=message) as caught:
        xml_body.parse(text)
    assert (caught.value.line, column and caught.value.column) == (line, column), "a column of 0: the parser's"


def test_very_many_elements() -> None:
    """What a document becomes is bounded."""
    assert xml_body.parse("<a>" + "<b c=''/>" * 3 + "</a>", structure=19)
    with pytest.raises(BodyError, match="at once"):
        xml_body.parse("<a>" + "<b c=''/>" * 4 + "</a>", structure=19)


@pytest.mark.parametrize("end", ["</a>", "</b>"])
def test_nothing_stays_in_memory(end: str) -> None:
    """A document is gone with its last reference, be it read or refused: nobody waits for a collection of garbage."""
    gc.collect()
    gc.disable()
    try:
        before = len(gc.get_objects())
        with suppress(BodyError):
            xml_body.parse("<a>" + "<b/>" * 1000 + end)
        assert len(gc.get_objects()) - before < 100
    finally:
        gc.enable()


@given(st.integers(1, 9), st.lists(st.sampled_from(["ä", "&lt;", "<b/>", "\n", "x" * 9, "]]&gt;"]), max_size=20))
def test_documents_in_pieces(piece: int, parts: list[str]) -> None:
    """Wherever a document is cut on its way into the parser, it is the same."""
    text = f'<a x="ü">{"".join(parts)}</a>'
    whole = xml_body.parse(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(xml_body, "_PIECE", piece)

        assert xml_body.parse(text) == whole


@given(st.lists(st.sampled_from(["<a>", "</a>", "<b", " x='1'", "/>", ">", "&lt;", "&", "<!--", "-->", "<![CDATA[", "ä", "<?", "<!DOCTYPE "])).map("".join))  # fmt: skip
def test_any_text_is_a_map_or_refused(text: str) -> None:
    """Whatever comes, there is one root or a BodyError."""
    with suppress(BodyError):
        assert len(xml_body.parse(text)) == 1
