"""Pairs of requests for `deduplicateBy`: what the flow compares, two bodies, and whether they are one delivery.

A line: (value, content type, first body, second body, SAME or OTHER); a content type may be a pair, one for each body.
A lone `${…}`, or one member with text around it, is compared as text: 7 is "7". Several are compared each with its type.
"""

from typing import Final

SAME, OTHER = True, False
JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"
BYTES: Final = "application/octet-stream"
ID: Final = "${trigger.body.id}"
BOTH: Final = "${trigger.body.a}/${trigger.body.b}"
WHOLE: Final = "${trigger.body}"

PAIRS: Final[list[tuple[str, str | tuple[str, str], bytes, bytes, bool]]] = [
    # numbers, by their value
    (ID, JSON, b'{"id": 1}', b'{"id": 1.0}', SAME),
    (ID, JSON, b'{"id": 1}', b'{"id": 1e0}', SAME),
    (ID, JSON, b'{"id": 100}', b'{"id": 1E+2}', SAME),
    (ID, JSON, b'{"id": 0}', b'{"id": -0.0}', SAME),
    (ID, JSON, b'{"id": 0.1}', b'{"id": 1e-1}', SAME),
    (ID, JSON, b'{"id": 0.0000001}', b'{"id": 1e-7}', SAME),
    (ID, JSON, b'{"id": 10000000000000000}', b'{"id": 1e16}', SAME),
    (ID, JSON, b'{"id": 10000000000000000000000}', b'{"id": 1e22}', SAME),
    (ID, JSON, b'{"id": 100000000000000000000000}', b'{"id": 1e23}', SAME),
    (ID, JSON, b'{"id": 12345678901234567890}', b'{"id": 12345678901234567890.0}', SAME),
    (ID, JSON, b'{"id": 12345678901234567890}', b'{"id": 12345678901234567890.5}', OTHER),
    (ID, JSON, b'{"id": 0.1234567890123456789}', b'{"id": 1234567890123456789.0e-19}', SAME),
    (ID, JSON, b'{"id": 0.1234567890123456789}', b'{"id": 0.1234567890123456788}', OTHER),
    (ID, JSON, b'{"id": 1%s}' % (b"0" * 400), b'{"id": 10e399}', SAME),
    (ID, JSON, b'{"id": 15e99999999}', b'{"id": 1.50e100000000}', SAME),
    (ID, JSON, b'{"id": 1e-400}', b'{"id": 0.1e-399}', SAME),
    (ID, JSON, b'{"id": 0}', b'{"id": 0e99999999}', SAME),
    (ID, JSON, b'{"id": -5.0}', b'{"id": -50e-1}', SAME),
    (ID, JSON, b'{"id": 1}', b'{"id": -1}', OTHER),
    (ID, JSON, b'{"id": 12345678901234567890}', b'{"id": 12345678901234567890}', SAME),
    (ID, JSON, b'{"id": 12345678901234567890}', b'{"id": 12345678901234567891}', OTHER),
    (ID, JSON, b'{"id": 9007199254740993}', b'{"id": 9007199254740992}', OTHER),
    (ID, JSON, b'{"id": 0.30000000000000004}', b'{"id": 0.3}', OTHER),
    # texts, as they are
    (ID, JSON, b'{"id": "A-17"}', b'{"id": "A\\u002d17"}', SAME),
    (ID, JSON, '{"id": "ä"}'.encode(), b'{"id": "\\u00e4"}', SAME),
    (ID, JSON, '{"id": "ä"}'.encode(), b'{"id": "a\\u0308"}', OTHER),
    (ID, JSON, '{"id": "\U0001f600"}'.encode(), b'{"id": "\\ud83d\\ude00"}', SAME),
    (ID, JSON, b'{"id": "a"}', b'{"id": "A"}', OTHER),
    (ID, JSON, b'{"id": "a"}', b'{"id": "a "}', OTHER),
    (ID, JSON, b'{"id": "a"}', b'{"id": "a\\u0000"}', OTHER),
    (ID, JSON, b'{"id": "1.0"}', b'{"id": "1"}', OTHER),
    (ID, JSON, b'{"id": "007"}', b'{"id": "7"}', OTHER),
    # one member is compared as text
    (ID, JSON, b'{"id": 7}', b'{"id": "7"}', SAME),
    (ID, JSON, b'{"id": 1.0}', b'{"id": "1"}', SAME),
    (ID, JSON, b'{"id": true}', b'{"id": "true"}', SAME),
    (ID, JSON, b'{"id": true}', b'{"id": 1}', OTHER),
    (ID, JSON, b'{"id": false}', b'{"id": 0}', OTHER),
    (ID, JSON, b'{"id": false}', b'{"id": false}', SAME),
    (ID, (JSON, FORM), b'{"id": 7}', b"id=7", SAME),
    (f"order-{ID}", JSON, b'{"id": 7}', b'{"id": 7.0}', SAME),
    (f"order-{ID}", JSON, b'{"id": 7}', b'{"id": 8}', OTHER),
    # what is not there tells nothing
    (ID, JSON, b"{}", b"{}", OTHER),
    (ID, JSON, b'{"id": null}', b'{"id": null}', OTHER),
    (ID, JSON, b'{"id": ""}', b'{"id": ""}', OTHER),
    (ID, JSON, b'{"id": []}', b'{"id": []}', OTHER),
    (ID, JSON, b'{"id": {}}', b'{"id": {}}', OTHER),
    (f"order-{ID}", JSON, b"{}", b"{}", OTHER),
    (BOTH, JSON, b'{"a": 1}', b'{"a": 1}', OTHER),
    # several members, each by itself and with its type
    (BOTH, JSON, b'{"a": 1, "b": 2}', b'{"a": 1.0, "b": 2e0}', SAME),
    (BOTH, JSON, b'{"a": 1.10, "b": 12345678901234567890.0}', b'{"a": 1.1, "b": 12345678901234567890}', SAME),
    (BOTH, JSON, b'{"a": 1, "b": "2"}', b'{"a": 1, "b": 2}', OTHER),
    (BOTH, JSON, b'{"a": true, "b": 1}', b'{"a": "true", "b": 1}', OTHER),
    (BOTH, JSON, b'{"a": "x/y", "b": "z"}', b'{"a": "x", "b": "y/z"}', OTHER),
    (BOTH, JSON, b'{"a": "1", "b": 12345678901234567890}', b'{"b": 12345678901234567890, "a": "1"}', SAME),
    # lists and maps, however they are written
    (ID, JSON, b'{"id": [1, 2]}', b'{"id": [1.0, 2e0]}', SAME),
    (ID, JSON, b'{"id": [1, 2]}', b'{"id": [2, 1]}', OTHER),
    (ID, JSON, b'{"id": [1, 2]}', b'{"id": ["1", "2"]}', OTHER),
    (ID, JSON, b'{"id": [[1], 2]}', b'{"id": [[1, 2]]}', OTHER),
    (ID, JSON, b'{"id": [null]}', b'{"id": ["null"]}', OTHER),
    (ID, JSON, b'{"id": [1, 2]}', b'{"id": "[1,2]"}', OTHER),
    (ID, JSON, b'{"id": {"x": 1, "y": "z"}}', b'{"id": {"y":"z","x":1.0}}', SAME),
    (ID, JSON, b'{"id": {"x": 1}}', b'{"id": {"x": 1, "y": null}}', OTHER),
    (WHOLE, JSON, b'{"a": 1, "b": [2]}', b' { "b" : [2.0] , "a" : 1 } ', SAME),
    # bytes
    ("${trigger.rawBody}", JSON, b'{"a": 1}', b'{"a": 1}', SAME),
    ("${trigger.rawBody}", JSON, b'{"a": 1}', b'{"a":1}', OTHER),
    ("${trigger.rawBody}", BYTES, b"\x00\xff", b"\x00\xfe", OTHER),
    (WHOLE, BYTES, b"\x00\xff", b"\x00\xff", SAME),
    (WHOLE, (BYTES, "text/plain"), b"\x00\xff", b"AP8=", OTHER),
    (WHOLE, "text/plain", b"abc", b"abc", SAME),
    # long values
    (ID, JSON, b'{"id": "%s"}' % (b"x" * 5000), b'{"id": "%s"}' % (b"x" * 5000), SAME),
    (ID, JSON, b'{"id": "%s"}' % (b"x" * 5000), b'{"id": "%sy"}' % (b"x" * 4999), OTHER),
    # other members of the trigger
    ("${trigger.headers['content-type']}", (JSON, BYTES), b"1", b"1", OTHER),
    ("${trigger.method}-${trigger.path}", JSON, b"1", b"1", OTHER),
]
