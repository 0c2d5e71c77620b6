"""What the gateway evaluates itself."""

from typing import Any

import pytest

from penstock_core.errors import ExpressionError
from penstock_core.expressions.restricted import MAX_LENGTH, compile_restricted

TRIGGER: dict[str, Any] = {
    "body": {
        "id": 3,
        "float": 3.0,
        "x": [{"y": "z"}],
        "none": None,
        "empty": "",
        "odd": object(),
        "true": True,
        "large": 1e22,
        "list": [],
        "map": {},
    },
    "headers": {"x-id": "v"},
    "rawBody": b"\0",
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${trigger.body.id}", "3"),
        ("${trigger.body.float}", "3"),
        ("${trigger.headers['x-id']}", "v"),
        ("a-${trigger.body.x[0].y}-${'q'}${1}", "a-z-q1"),
        ("${trigger.body.true}", "true"),
        ("${trigger.body.large}", "1" + "0" * 22),
        ("constant", "constant"),
        ("${trigger.body.nope}", None),
        ("${trigger.body.none}", None),
        ("${trigger.body.empty}", None),
        ("${trigger.body.odd}", None),
        ("${trigger.body.list}", None),
        ("${trigger.body.map}", None),
        ("${trigger.body.id.deeper}", None),
        ("${trigger.body.x[5]}", None),
        ("a-${trigger.body.nope}", None),
        ("a-${trigger.body.none}", None),
        ("a-${trigger.body.empty}-${trigger.body.id}", None),
        ("", None),
    ],
)
def test_members_and_literals_are_joined(text: str, expected: str | None) -> None:
    """Anything that is missing, null or empty gives None."""
    assert compile_restricted(text).evaluate(TRIGGER) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (["a", "bc"], ["ab", "c"]),
        (["a", "b-c"], ["a-b", "c"]),
        ([1, "2"], ["1", 2]),
        ([True, 1], ["true", 1]),
        (["[1", "2]"], [[1], 2]),
    ],
)
@pytest.mark.parametrize("text", ["${trigger.body[0]}${trigger.body[1]}", "${trigger.body[0]}-${trigger.body[1]}"])
def test_several_members_are_kept_apart(one: list[Any], other: list[Any], text: str) -> None:
    """What two members give is told by each of them and its type, not by the text that they make together."""
    same = compile_restricted(text)

    assert same.evaluate({"body": one}) == same.evaluate({"body": list(one)}) is not None
    assert same.evaluate({"body": one}) != same.evaluate({"body": other})


def test_a_long_value_is_told_by_its_digest() -> None:
    """A value of megabytes is not kept as a whole, and still told from another."""
    same = compile_restricted("${trigger.body}")
    texts = [same.evaluate({"body": body}) for body in ("x" * 10_000, "x" * 9_999, ["x"] * 10_000, ["x"] * 9_999)]

    assert len(set(texts)) == 4
    assert max(len(text or "") for text in texts) < 100


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${trigger.body.id}-${trigger.rawBody}", True),
        ("${trigger.body.id}", True),
        ("${trigger.body.id}${trigger.headers['x-id']}", False),
        ("${trigger.query.id}", False),
        ("constant", False),
    ],
)
def test_what_is_of_the_body(text: str, expected: bool) -> None:
    """Where a body is signed, only what comes from it alone is signed too."""
    assert compile_restricted(text).is_of_body is expected


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("${trigger.body.id + 'x'}", 3, "only members of the trigger"),
        ("a${size(trigger.body)}", 4, "only members of the trigger"),
        ("${trigger.body.x[trigger.body.id]}", 3, "only members of the trigger"),
        ("${config.region}", 3, "not known before the execution starts"),
        ("${steps.a.output}", 3, "not known before the execution starts"),
        ("${trigger.boddy}", 3, "did you mean `trigger.body`"),
        ("${trigger}", 3, "name one of its members"),
        ("${trigger.body", 1, "never closed"),
        ("${}", 3, "only members"),
    ],
)
def test_everything_else_is_refused(text: str, column: int, message: str) -> None:
    """The message says where, and what is allowed."""
    with pytest.raises(ExpressionError, match=message) as failure:
        compile_restricted(text)

    assert failure.value.column == column


def test_the_length_is_bounded() -> None:
    """So is the time that it takes."""
    with pytest.raises(ExpressionError, match="1024"):
        compile_restricted("x" * (MAX_LENGTH + 1))
