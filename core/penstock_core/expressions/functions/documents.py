"""CSV and XML as values, in the forms that a trigger's `parse: csv` and `parse: xml` give."""

from collections.abc import Callable
from typing import Any, Final

from penstock_core.errors import BodyError
from penstock_core.expressions.functions.calling.bounds import MAX_ITEMS, quoted
from penstock_core.expressions.functions.calling.function import Function, FunctionError, takes


def _csv(text: str, delimiter: str = ",") -> Any:
    from penstock_core.body import csv_body

    return _parsed(text, lambda: csv_body.parse(text, delimiter=delimiter))


def _csv_rows(text: str, delimiter: str = ",") -> Any:
    from penstock_core.body import csv_body

    return _parsed(text, lambda: csv_body.parse(text, delimiter=delimiter, header=False))


def _xml(text: str) -> Any:
    from penstock_core.body import xml_body

    return _parsed(text, lambda: xml_body.parse(text))


def _parsed(text: str, parse: Callable[[], Any]) -> Any:
    try:
        return parse()
    except BodyError as failure:
        raise FunctionError(f"{quoted(text)}: {failure}") from None


_ROWS: Final = f"{MAX_ITEMS:,} rows"

FUNCTIONS: Final = (
    Function(
        "csv.parse",
        takes("string -> list", "string, string -> list"),
        "A map of texts for each row, by the names in the first one; cells are parted by `,` or by the second text.",
        "csv.parse('sku;qty\\nA-1;2', ';')",
        [{"sku": "A-1", "qty": "2"}],
        bounds=_ROWS,
        action=_csv,
    ),
    Function(
        "csv.rows",
        takes("string -> list", "string, string -> list"),
        "A list of texts for each row, the first one too; cells are parted by `,` or by the second text.",
        "csv.rows('A-1,2')",
        [["A-1", "2"]],
        bounds=_ROWS,
        action=_csv_rows,
    ),
    Function(
        "xml.parse",
        takes("string -> map"),
        "The root element by its name: a map of its child elements, always lists, its attributes (`@name`) and its text (`#text`).",
        "xml.parse('<order id=\"7\"><line>a</line></order>').order.line[0]['#text']",
        "a",
        bounds="what an XML body is bounded by",
        action=_xml,
    ),
)
