"""The http action."""

from typing import Annotated, Any, Final, Literal

from pydantic import Field

from penstock_core.resources.base import ActionMember, Parse, Resource, Text, described

StatusCode = Annotated[
    Annotated[int, Field(ge=100, le=599)] | Annotated[str, Field(pattern=r"^[1-5]([0-9][0-9]|xx)$")],
    Field(json_schema_extra={"x-kubernetes-int-or-string": True}),
]


class Http(Resource):
    """An HTTP request."""

    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] = described(
        "Method of the request.", default="GET", example="POST"
    )
    url: Text = described(
        "Address, http or https, without user and password, which a connection of type basic holds. What stands before the"
        " first / of the path is taken as it is, also a base with a path of its own; behind it each `${…}` is"
        " percent-encoded for its place, and null, an empty path segment, a list or a map fails the step. `${raw(…)}` is"
        " not encoded.",
        example="${config.erpUrl}/customers/${trigger.body.customer}",
    )
    query: dict[str, Any] | None = described(
        "Query parameters, added to those of the url; names and values are percent-encoded, a blank is a +. A list repeats"
        " the parameter, null leaves it out, also in a list, and a map is sent as JSON. Names and values may hold `${…}`.",
        default=None,
        shown_default="none",
        example={"page": "1", "tag": ["a", "b"]},
        max_length=100,
    )
    headers: dict[str, Text] | None = described(
        "Header fields; names and values may hold `${…}`, null leaves one out. The connection's own headers win over them."
        " Without them User-Agent is penstock, Accept-Encoding identity, Accept not sent, Idempotency-Key of POST, PUT, PATCH"
        " and DELETE the same over all attempts. What the client owns is refused: Host, Content-Length, Transfer-Encoding,"
        " Connection, Keep-Alive, TE, Trailer, Upgrade, Expect, Proxy-*. A value is ISO 8859-1 at most, and begins and ends"
        " with no blank.",
        default=None,
        shown_default="none",
        example={"Accept": "application/json"},
        max_length=100,
    )
    connection: str | None = described(
        "Name of one of the Integration's connections, which signs in to the other side.",
        default=None,
        shown_default="none",
        example="erp",
        max_length=40,
    )
    json_: Any = described(
        "Body as JSON: any value, null too, with `${…}` in its strings; as application/json, or under the Content-Type in"
        " headers. At most one of json, form and body.",
        default=None,
        shown_default="no body",
        example={"id": "${trigger.body.id}"},
        alias="json",
    )
    form: dict[str, Any] | None = described(
        "Body as application/x-www-form-urlencoded, in UTF-8 or the charset of the Content-Type in headers; a list repeats"
        " the field, null leaves it out, also in a list, and a map is sent as JSON. At most one of json, form and body.",
        default=None,
        shown_default="no body",
        example={"grant": "all"},
        max_length=1000,
    )
    body: Text | None = described(
        "Body as text, in the charset of the Content-Type in headers, else that of its XML declaration, else UTF-8; or as the"
        " bytes that a lone `${…}` gives. Without a Content-Type it is text/plain or application/octet-stream; null is no"
        " body. In XML or JSON write `${xmlEscape(…)}` or `${jsonEncode(…)}`. At most one of json, form and body.",
        default=None,
        shown_default="no body",
        example="${trigger.rawBody}",
    )
    expect_status: list[StatusCode] | None = described(
        "Status codes with which the attempt passes: codes such as 404, or classes such as 2xx.",
        default=None,
        shown_default='["2xx"]',
        example=["2xx", 404],
        max_length=20,
    )
    follow_redirects: bool = described("Whether redirects are followed, ten at most.", default=True, example=False)
    parse: Parse = described(
        "How the response's body is read: auto, by its content type as a webhook's is; text, bytes, json, csv (maps by its"
        " header) or xml (maps) whatever it is. A body that is not what it is declared to be fails the step with"
        " http_body_undecodable and keeps its bytes.",
        default="auto",
        example="text",
    )
    max_response_bytes: int = described(
        "Size in bytes above which the response is refused and the attempt fails.",
        default=16_777_216,
        example=1_048_576,
        ge=1,
        le=1_073_741_824,
    )


MEMBER: Final = ActionMember(
    text="Action: an HTTP request. Output: status, headers (lower-case names; several of one name are joined by commas,"
    " set-cookie by line breaks), body (by its content type, see parse), bytes, url.",
    example={"method": "GET", "url": "${config.erpUrl}/ping"},
)
