"""The body of a response, as the value that steps see."""

from typing import Any

from penstock_core import body as bodies
from penstock_core.errors import BodyError


def response_body(raw: bytes, content_type: str) -> tuple[Any, tuple[str, ...]]:
    """The body, parsed where the content type says JSON, else text where it is, else bytes; and warnings."""
    if not raw:
        return None, ()
    media_type, parameters = bodies.parse_content_type(content_type)
    try:
        if bodies.is_json(media_type):
            return bodies.parse(raw, content_type), ()
        if "charset" in parameters:
            return bodies.decode(raw, parameters["charset"]), ()
    except BodyError as exc:
        return raw.decode(errors="replace"), (f"the response says {content_type}, but {exc}; it is kept as text",)
    try:
        return raw.decode(), ()
    except UnicodeDecodeError:
        return raw, ()
