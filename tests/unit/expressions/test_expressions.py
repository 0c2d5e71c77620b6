"""Conditions and templates, as a flow's author writes them."""

import math
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from penstock_core.errors import ExpressionError
from penstock_core.expressions import Scope, UnknownVariable, condition, fill, json_path, template

SCOPE = Scope.of(config=["region", "dryRun"], steps=["lookup", "lines"], item=True)
VARIABLES: dict[str, Any] = {
    "trigger": {
        "body": {"id": "x\0y", "total": 12.5, "n": 3, "lines": [{"sku": "a"}, {"sku": "b"}], "none": None},
        "headers": {"x-id": "7"},
        "rawBody": b"\0\1",
    },
    "config": {"region": "eu", "dryRun": False},
    "steps": {"lookup": {"output": {"status": 404}, "status": "passed"}},
    "item": {"a": 1},
    "index": 0,
}


def value(text: str, **changed: Any) -> Any:
    """A template's value."""
    return template(text, SCOPE).evaluate({**VARIABLES, **changed})


def body(content: Any) -> dict[str, Any]:
    """A trigger with this body."""
    return {"body": content}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("", ""),
        ("a $${x} b", "a ${x} b"),
        ("$${${trigger.body.n}", "${3"),
        ("${trigger.body.n}", 3),
        ("${ trigger.body.n }", 3),
        ("${trigger.body.lines}", [{"sku": "a"}, {"sku": "b"}]),
        ("${trigger.body.lines[1].sku}", "b"),
        ("${trigger.headers['x-id']}", "7"),
        ("${trigger.body.none}", None),
        ("${!config.dryRun}", True),
        ("${trigger.body.lines.map(l, l.sku)}", ["a", "b"]),
        ("${trigger.body.lines.map(item, item.sku)}", ["a", "b"]),
        ("${trigger.body.?zip.orValue('none')}", "none"),
        ("${{'a': 1}}", {"a": 1}),
        ("${execution.id}", None),
    ],
)
def test_a_lone_expression_keeps_its_type(text: str, expected: Any) -> None:
    """A text that is one expression gives the value itself."""
    assert value(text) == expected
    assert type(value(text)) is type(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("u/${trigger.body.n}/${config.region}", "u/3/eu"),
        ("a${trigger.body.none}b", "ab"),
        ("n=${1.5 * 2}", "n=3"),
        ("n=${trigger.body.total}", "n=12.5"),
        ("b=${config.dryRun}", "b=false"),
        ("l=${trigger.body.lines}", 'l=[{"sku":"a"},{"sku":"b"}]'),
        ("raw=${base64.encode(trigger.rawBody)}", "raw=AAE="),
    ],
)
def test_several_parts_are_joined_as_text(text: str, expected: str) -> None:
    """Null joins as nothing, lists and maps as JSON, bytes by the function that says how."""
    assert value(text) == expected


@pytest.mark.parametrize("joined", [b"\x00", [1, b"x"], {"a": b"x"}, float("nan"), [float("inf")]])
def test_what_has_no_text_is_not_joined(joined: Any) -> None:
    """Bytes, and what is no number, are refused where a text is made: nobody said which text they are."""
    with pytest.raises(ExpressionError, match=r"bytes|NaN|Infinity"):
        value("a${trigger.body}", trigger=body(joined))


@pytest.mark.parametrize(
    "text", ["${'}'}", '${"}"}', '${{"a": "}"}["a"]}', "${'''}'''}", "${r'}'}", "${'\\'}'.size() == 2 ? '}' : ''}"]
)
def test_a_brace_inside_a_literal_does_not_end_the_expression(text: str) -> None:
    """Scanning for the closing brace respects CEL's text literals and nested braces."""
    assert value(text) == "}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${1.5 * 2}", 3.0),
        ("${2 * 1.5}", 3.0),
        ("${1 == 1.0}", True),
        ("${trigger.body.total > 1000}", False),
        ("${trigger.body.n * 1.5}", 4.5),
        ("${trigger.body.n - trigger.body.total}", -9.5),
        ("${trigger.body.n / 2.0}", 1.5),
        ("${trigger.body.n / 2}", 1),
        ("${3.0 in [1, 2, 3]}", True),
        ("${size(trigger.body.lines) * 1.5}", 3.0),
        ("${trigger.body.n > 2 ? 1 : 2.5}", 1),
        ("${7.5 % 2}", 1.5),
        ("${trigger.body.total % trigger.body.n}", 0.5),
        ("${-7.5 % 2.0}", -1.5),
        ("${trigger.body.n % 2}", 1),
    ],
)
def test_integers_and_floats_mix(text: str, expected: Any) -> None:
    """JSON knows one kind of number, so arithmetic and comparisons take both."""
    assert value(text) == expected


def test_division_by_zero_is_ieee_for_floats_and_an_error_for_integers() -> None:
    """What CEL says of each: infinity, or a failure."""
    assert value("${trigger.body.n / 0.0}") == float("inf")
    assert math.isnan(value("${trigger.body.n % 0.0}"))
    with pytest.raises(ExpressionError, match="divide by zero"):
        value("${trigger.body.n / 0}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${trigger.body.lines[index].sku}", "a"),
        ("${trigger.body.lines[trigger.body.at].sku}", "b"),
        ("${trigger.body[config.region]}", 7),
        ("${trigger.body.lines[steps.lookup.output.at]['sku']}", "b"),
    ],
)
def test_a_variable_can_be_an_index(text: str, expected: Any) -> None:
    """Also inside a loop over the list itself, without converting the whole list for each item."""
    trigger = body({"lines": [{"sku": "a"}, {"sku": "b"}, {"sku": object()}], "at": 1.0, "eu": 7})

    assert value(text, trigger=trigger, steps={"lookup": {"output": {"at": 1}}}) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("${trigger.body.lines[item]}", "an index is a number or a text, and `item` gave a map"),
        ("${trigger.body.lines[config.dryRun]}", "gave a boolean"),
        ("${trigger.body.lines[trigger.body.n].sku}", "there is no item 3: the list `trigger.body.lines` has 2"),
        ("${trigger.body.lines[nope]}", "no variable `nope`"),
        ("${trigger.body.lines[steps.lookup]}", "name one of its members"),
    ],
)
def test_what_cannot_be_an_index_is_told(text: str, message: str) -> None:
    """With the variable's name."""
    with pytest.raises(ExpressionError, match=message):
        value(text)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (Decimal("1.5"), 1.5),
        (UUID(int=5), "00000000-0000-0000-0000-000000000005"),
        (datetime(2026, 1, 31, 6, tzinfo=UTC), "2026-01-31T06:00:00Z"),
        ((1, 2), [1, 2]),
        ({1}, [1]),
        (bytearray(b"\0"), b"\0"),
        (2**70, 2**70),
        ("a\0b", "a\0b"),
    ],
)
def test_member_access_passes_every_stored_type_on(given: Any, expected: Any) -> None:
    """Types that JSON lacks become plain ones; bytes, large integers and NUL stay whole."""
    assert value("${trigger.body.x}", trigger=body({"x": given})) == expected


@pytest.mark.parametrize(
    ("text", "given", "expected"),
    [
        ("${x + 'z'}", "a\0b", "a\0bz"),
        ("${size(x)}", "a\0b", 3),
        ("${[x]}", UUID(int=5), ["00000000-0000-0000-0000-000000000005"]),
        ("${x + 1}", Decimal("1.5"), 2.5),
        ("${base64.decode(base64.encode(x))}", b"\0\1", b"\0\1"),
        ("${x + b'\\000'}", b"\0\1", b"\0\1\0"),
        ("${[size(x), x == b'\\000\\001']}", b"\0\1", [2, True]),
        ("${[x]}", {"k\0": "v\0"}, [{"k\0": "v\0"}]),
        ("${[x]}", "caf\u00e9 \U0001f600", ["caf\u00e9 \U0001f600"]),
        ("${timestamp(x).getFullYear()}", datetime(2026, 1, 31, 6, tzinfo=UTC), 2026),
        ("${timestamp(x) + duration('1h')}", datetime(2026, 1, 31, 6, tzinfo=UTC), "2026-01-31T07:00:00Z"),
    ],
)
def test_computing_takes_every_stored_type(text: str, given: Any, expected: Any) -> None:
    """What CEL cannot take is converted before, and back after; nothing is cut at NUL."""
    assert value(text.replace("x", "trigger.body.x"), trigger=body({"x": given})) == expected


def test_an_integer_beyond_64_bits_is_refused_where_it_is_computed_with() -> None:
    """It is never rounded silently."""
    with pytest.raises(ExpressionError, match="64 bits"):
        value("${trigger.body.x + 1}", trigger=body({"x": 2**70}))


def test_only_what_is_read_is_converted() -> None:
    """A value that no expression can hold does no harm beside the one that is read."""
    assert value("${trigger.body.a + 1}", trigger=body({"a": 1, "b": object()})) == 2


def test_what_cannot_be_converted_is_named() -> None:
    """The message says which type it is."""
    with pytest.raises(ExpressionError, match="of the type object"):
        value("${trigger.body}", trigger=body({"b": object()}))


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("${steps.lookpu.output}", 3, "no variable `steps.lookpu.output`: did you mean `lookup`"),
        ("${steps.lookup.outptu}", 3, "a step has output, extracted, status, error, attempts"),
        ("${steps.lookup}", 3, "name one of its members"),
        ("${trigger.boddy.x}", 3, "did you mean `trigger.body`"),
        ("a ${config.regoin + 'x'}", 5, "did you mean `config.region`"),
        ("${nope}", 3, "no variable `nope`"),
        ("${output.x}", 3, "`assert` only"),
        ("${error.x}", 3, "`retry.when` only"),
        ("${'a' + nope.b}", 9, "no variable `nope.b`"),
        ("${has(steps.lookup.output)}", 3, "steps.lookup.status == 'passed'"),
        ("${1 +}", 6, "ends too early"),
        ('${"abc}', 3, "never closed"),
        ("${a = 1}", 5, "equality is `==`"),
        ("${foo(1)}", 6, "no function `foo`"),
        ("${'a' + 1}", 7, "`\\+` does not work on string and int"),
        ("x ${", 3, "`\\$\\{` is never closed"),
        ("${}", 3, "empty"),
        ("${1 2}", 5, "`2` cannot stand here"),
    ],
)
def test_what_does_not_compile_says_where_and_why(text: str, column: int, message: str) -> None:
    """The column counts in the text as written, with what stands before `${`."""
    with pytest.raises(ExpressionError, match=message) as failure:
        template(text, SCOPE)

    assert (failure.value.line, failure.value.column) == (1, column)


def test_lines_are_counted() -> None:
    """An expression on the second line is reported there."""
    with pytest.raises(UnknownVariable) as failure:
        template("first\n  ${nope.a}", SCOPE)

    assert (failure.value.line, failure.value.column, failure.value.name) == (2, 5, "nope.a")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("${trigger.body.missing}", "no member `missing` in `trigger.body`"),
        ("${trigger.body.missing + 1}", "no member `missing`"),
        ("${trigger.body.lines[7]}", "the list `trigger.body.lines` has 2"),
        ("${trigger.body.lines[7].sku + ''}", "the list `trigger.body.lines` has 2"),
        ("${steps.lines.output.x}", "`steps.lines.output` is null"),
        ("${steps.lines.output.x == 1}", "`steps.lines.output` is null"),
        ("${trigger.body.n.x}", "is a number"),
        ("${trigger.body.n + 'a'}", "`\\+` does not work on int and string"),
        ("${trigger.body.?zip}", "orValue"),
        ("${trigger.body.n > 'a'}", "`>` does not work on int and string"),
    ],
)
def test_what_cannot_be_evaluated_says_why(text: str, message: str) -> None:
    """Errors at run time name the value and the remedy."""
    with pytest.raises(ExpressionError, match=message):
        value(text)


def test_an_endless_comprehension_is_stopped() -> None:
    """Evaluation is bounded, whatever the data."""
    big = "trigger.body"
    with pytest.raises(ExpressionError):
        value(f"${{{big}.map(a, {big}.map(b, a + b)).size()}}", trigger=body(list(range(400))))


def test_templates_are_filled_in_nested_values_and_keys() -> None:
    """Everything else is copied as it is."""
    filled = fill({"a": ["${trigger.body.n}", {"k${index}": "${item}"}], "b": 3, "c": None}, SCOPE, VARIABLES)

    assert filled == {"a": [3, {"k0": {"a": 1}}], "b": 3, "c": None}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("trigger.body.total > 1000", {"passed": False, "left": 12.5, "op": ">", "right": 1000}),
        ("(trigger.body.n == 3)", {"passed": True, "left": 3, "op": "==", "right": 3}),
        ("config.region in ['us']", {"passed": False, "left": "eu", "op": "in", "right": ["us"]}),
        ("!config.dryRun", {"passed": True}),
        ("has(trigger.body.zip)", {"passed": False}),
        ("trigger.body.n == 3 && config.region == 'eu'", {"passed": True}),
        ("[1, 2].exists(x, x == 3 || x == 4)", {"passed": False}),
        ("config.dryRun ? true : trigger.body.n == 4", {"passed": False}),
    ],
)
def test_a_report_shows_both_sides_of_a_comparison(text: str, expected: dict[str, Any]) -> None:
    """Operands are those of the operator outside all brackets."""
    assert condition(text, SCOPE).operands(VARIABLES) == {"expression": text, **expected}


def test_a_report_names_the_failing_side_of_an_and() -> None:
    """What holds is left out."""
    report = condition("trigger.body.n == 3 && (steps.lookup.output.status == 200)", SCOPE).operands(VARIABLES)

    assert report == {
        "expression": "(steps.lookup.output.status == 200)",
        "passed": False,
        "left": 404,
        "op": "==",
        "right": 200,
    }


def test_a_report_shows_both_sides_of_an_or() -> None:
    """Both had to fail."""
    report = condition("trigger.body.n == 4 || config.region == 'us'", SCOPE).operands(VARIABLES)

    assert (report["op"], report["left"]["left"], report["right"]["left"]) == ("||", 3, "eu")


def test_a_report_of_a_long_or_shows_its_first_sides() -> None:
    """The rest is told as one text, and nothing of it is compiled once more for each side before it."""
    scope = Scope.of()
    report = condition(" || ".join(["1 == 2"] * 600), scope).operands({})

    shown = []
    while "left" in report:
        shown.append(report["left"]["right"])
        report = report["right"]
    assert shown == [2] * 10
    assert report == {"expression": " || ".join(["1 == 2"] * 590), "passed": False}
    assert len(scope.compiled) < 10


def test_a_report_of_a_long_and_names_the_failing_side() -> None:
    """However many hold before it."""
    report = condition(" && ".join(["1 == 1"] * 600 + ["1 == 2"]), SCOPE).operands({})

    assert report == {"expression": "1 == 2", "passed": False, "left": 1, "op": "==", "right": 2}


def test_a_report_of_nested_brackets_ends() -> None:
    """What lies too deep is told without operands."""
    text = "1 == 2"
    for number in range(12):
        text = f"({text} && true || {number} == -1)"

    assert condition(text, SCOPE).operands({})["passed"] is False


def test_a_report_tells_an_error() -> None:
    """A condition that cannot be evaluated did not hold, and says why."""
    report = condition("trigger.body.zip == 3", SCOPE).operands(VARIABLES)

    assert report["passed"] is False
    assert "no member `zip`" in report["error"]


@pytest.mark.parametrize(("text", "message"), [("'yes'", "gives string"), ("1 + 1", "gives int")])
def test_a_condition_must_give_a_boolean(text: str, message: str) -> None:
    """Where the type is known, it is refused at publication."""
    with pytest.raises(ExpressionError, match=message):
        condition(text, SCOPE)


def test_a_condition_that_gives_something_else_fails() -> None:
    """Where the type is known only then, it fails at run time."""
    with pytest.raises(ExpressionError, match="gave a number"):
        condition("trigger.body.n", SCOPE).evaluate(VARIABLES)


def test_an_expression_is_compiled_once_in_its_scope() -> None:
    """The second time gives the same object."""
    scope = Scope.of()

    assert template("${trigger.body.n + 1}", scope) is template("${trigger.body.n + 1}", scope)


def test_member_access_does_not_load_cel() -> None:
    """Neither CEL nor pydantic nor asyncio is imported by a flow that only reads members."""
    program = (
        "import sys; from penstock_core.expressions import Scope, fill;"
        "assert fill({'a': '${trigger.body.a}'}, Scope.of(), {'trigger': {'body': {'a': 1}}}) == {'a': 1};"
        "print(sorted({'cel_expr_python', 'pydantic', 'asyncio', 'jsonpath', 'logging.config'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("$[?search(@.s, '(a+)+b')].n", [2]),
        ("$[?match(@.s, '(a+)+b')].n", []),
        ("$[?match(@.s, 'x?(a+)+b')].n", [2]),
        ("$[?match(@.n, '.*')].n", []),
        ("$[?search(@.s, '(')].n", []),
    ],
)
def test_regular_expressions_of_a_json_path_take_linear_time(path: str, expected: list[int]) -> None:
    """`match` is about the whole text; what is no text, and a pattern that is none, match nothing."""
    data = [{"s": "a" * 200, "n": 1}, {"s": "xaab", "n": 2}]

    assert json_path.environment().compile(path).findall(data) == expected
