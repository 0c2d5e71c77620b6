"""Bodies of requests and answers as values: JSON, form, multipart and text, of bounded size."""

from penstock_core.body.parsing import is_json, parse
from penstock_core.body.text import add_field, decode, parse_content_type

__all__ = ["add_field", "decode", "is_json", "parse", "parse_content_type"]
