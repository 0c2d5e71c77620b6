"""Bodies of requests and answers as values: JSON, form, multipart, text and bytes, of bounded size."""

from penstock_core.body.parsing import MAX_FIELDS, WAYS, Parsed, fields_of, parse
from penstock_core.body.text import Text, add_field, decode, every, parse_content_type, read

__all__ = [
    "MAX_FIELDS",
    "WAYS",
    "Parsed",
    "Text",
    "add_field",
    "decode",
    "every",
    "fields_of",
    "parse",
    "parse_content_type",
    "read",
]
