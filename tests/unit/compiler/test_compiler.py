"""What the compiler finds beside the table of manifests, and that it stays quick."""

import time
from typing import Any

import pytest

from penstock_core.compiler import MAX_PROBLEMS, Problem, compile_integration
from penstock_core.compiler.fields import check_json_path, check_python, check_time
from penstock_core.cron import check_cron
from penstock_core.errors import ExpressionError


def spec(*steps: dict[str, Any], **others: Any) -> dict[str, Any]:
    """An Integration's spec with one flow of these steps."""
    flow = {"name": "demo", "trigger": {"webhook": {}}, "steps": list(steps), **others.pop("flow", {})}
    return {"version": "1.0.0", "flows": [flow], **others}


def told(*steps: dict[str, Any], **others: Any) -> list[str]:
    """The problems of such an Integration as sentences."""
    return [str(problem) for problem in compile_integration(spec(*steps, **others))]


def made(name: str, value: Any = 1, **others: Any) -> dict[str, Any]:
    """A step that makes a value."""
    return {"name": name, "set": {"value": value}, **others}


def test_a_problem_names_its_place() -> None:
    """Flow, step, field, and where in the field's text."""
    problem = Problem(flow="demo", step="use", field="set.value", line=2, column=5, message="wrong: correct it")

    assert str(problem) == "flow demo, step use, set.value, line 2 column 5: wrong: correct it"
    assert str(Problem(message="wrong")) == "spec: wrong"


def test_all_problems_are_told_at_once() -> None:
    """One publication shows everything that is to be done."""
    found = told(made("a", "${nope}"), made("b", "${config.x}", timeout="5 min"), made("a", "${"))

    assert len(found) == 5, found


def test_the_number_of_problems_is_bounded() -> None:
    """The last one counts the rest."""
    found = told(*(made(f"s{number}", "${nope}") for number in range(MAX_PROBLEMS + 7)))

    assert len(found) == MAX_PROBLEMS + 1
    assert found[-1] == "spec: 7 more problems: correct these first"


def test_what_the_schema_refuses_is_told_in_the_same_form() -> None:
    """A manifest that never met an API server gets flow, step and field as well."""
    broken = spec({"name": "ask", "http": {"method": "GET", "ur": "x"}})

    assert sorted(map(str, compile_integration(broken))) == [
        "flow demo, step ask, http.ur: there is no such field: correct its name, or remove it",
        "flow demo, step ask, http.url: this field is required: add it",
    ]


def test_a_branch_shows_its_steps_to_what_follows() -> None:
    """They are null where the case was not taken."""
    route = {"name": "route", "branch": [{"when": "true", "steps": [made("big")]}, {"steps": [made("small")]}]}

    assert told(route, made("use", "${steps.big.output == null ? steps.small.output : steps.big.output}")) == []


def test_a_case_does_not_see_the_other_case() -> None:
    """Only one of them runs."""
    route = {
        "name": "route",
        "branch": [{"when": "true", "steps": [made("big")]}, {"steps": [made("small", "${steps.big.output}")]}],
    }

    assert "step small, set.value, column 3: step `big` comes later, or in another case" in told(route)[0]


def test_an_iteration_sees_its_own_steps_and_those_before_the_loop() -> None:
    """Names inside mean the same iteration."""
    inner = [made("one", "${item}"), made("two", "${steps.one.output + steps.before.output + index}")]

    assert told(made("before"), {"name": "each", "forEach": {"items": [1], "steps": inner}}) == []


def test_a_steps_own_result_is_output_in_assert() -> None:
    """The message says so."""
    found = told(made("own", **{"assert": ["steps.own.output == 1"]}))

    assert "this step's own result: in assert write `output`" in found[0]


@pytest.mark.parametrize(
    "template",
    [
        {"query": {"a": "${nope}"}},
        {"headers": {"a": "${nope}"}},
        {"json": {"a": [{"b": "${nope}"}]}},
        {"json": {"${nope}": 1}},
        {"form": {"a": "${nope}"}},
        {"body": "${nope}"},
        {"url": "https://shop.example/${nope}"},
    ],
)
def test_every_text_of_a_request_is_compiled(template: dict[str, Any]) -> None:
    """However deep it lies, in keys too."""
    found = told({"name": "ask", "http": {"url": "https://shop.example", **template}})

    assert len(found) == 1
    assert "no variable `nope`" in found[0]


@pytest.mark.parametrize(
    ("others", "fragments"),
    [
        ({"retry": {"attempts": 2, "when": "error.status >"}}, ["retry.when", "ends too early"]),
        ({"retry": {"attempts": 2, "delay": "soon"}}, ["retry.delay", "is not a duration"]),
        ({"retry": {"attempts": 2, "maxDelay": "0s"}}, ["retry.maxDelay", "too short"]),
        ({"timeout": "0s"}, ["timeout", "too short"]),
        ({"if": "'a'"}, ["if", "gives string"]),
        ({"extract": {"1a": "$.x"}}, ["extract.1a", "begins with no digit"]),
        ({"extract": {"a": "$.["}}, ["extract.a", "RFC 9535"]),
        ({"extract": {"a": "$[?match(@.a)]"}}, ["extract.a", "match() requires 2 arguments"]),
        ({"assert": ["output =="]}, ["assert[0]", "ends too early"]),
    ],
)
def test_what_surrounds_an_action_is_checked(others: dict[str, Any], fragments: list[str]) -> None:
    """Retry, timeout, condition, extractions and assertions."""
    found = told(made("a", **others))

    assert len(found) == 1
    assert [fragment for fragment in fragments if fragment not in found[0]] == []


@pytest.mark.parametrize(
    ("sleep", "fragment"),
    [
        ({"for": "1 s"}, "is not a duration"),
        ({"until": "tomorrow"}, "`tomorrow` is not a time: write RFC 3339"),
        ({"until": "2026-01-31T06:00:00"}, "`2026-01-31T06:00:00` does not say in which zone it is meant"),
        ({"until": "2026-01-31"}, "`2026-01-31` does not say in which zone it is meant"),
        ({"until": "${nope}"}, "`nope`"),
        ({}, "exactly one"),
    ],
)
def test_sleep_is_checked(sleep: dict[str, Any], fragment: str) -> None:
    """Constants by their form, templates by compiling them."""
    found = told({"name": "pause", "sleep": sleep})

    assert fragment in found[0]


@pytest.mark.parametrize("pattern", ["(", "a)(b", r"\Qa", "(?=a)", r"(a)\1", "((a{1,60000}){1,60000}){1,60000}"])
def test_a_pattern_that_cannot_be_used_is_refused(pattern: str) -> None:
    """The message names the variable, and the syntax."""
    found = told(made("a"), configVariables=[{"name": "code", "type": "string", "pattern": pattern, "default": "x"}])

    assert len(found) == 1
    assert found[0].startswith("configVariables.code.pattern: ")
    assert "syntax of RE2" in found[0]


@pytest.mark.parametrize(
    ("step", "place", "remedy"),
    [
        ({"sql": {"query": "select 1"}}, "sql", "with an http step"),
        ({"kafka": {}}, "kafka", "with an http step"),
        ({"redis": {}}, "redis", "with an http step"),
        ({"grpc": {}}, "grpc", "with an http step"),
        ({"ai": {}}, "ai", "the model's HTTP API"),
        ({"flow": {"invoke": "audit"}}, "flow", "call its webhook"),
        ({"respond": {}}, "respond", "answered with 202"),
        ({"http": {"url": "https://a", "multipart": {}}}, "http.multipart", "json, form or body"),
        ({"python": {"code": "def run(c): ...", "with": {}}}, "python.with", "from `context`"),
    ],
)
def test_what_this_release_does_not_run_is_said_so(step: dict[str, Any], place: str, remedy: str) -> None:
    """Whoever knows the design learns what to do instead, at every level."""
    inner = {"name": "each", "forEach": {"items": [1], "steps": [{"name": "a", **step}]}}
    for found in (told({"name": "a", **step}), told(inner)):
        assert len(found) == 1
        assert found[0].startswith(f"flow demo, step a, {place}: ")
        assert "not in this release" in found[0]
        assert remedy in found[0]


@pytest.mark.parametrize(
    ("others", "place", "remedy"),
    [
        ({"flow": {"retry": {"attempts": 3}}}, "retry", "give its steps a retry"),
        ({"flow": {"trigger": {"deploy": {}}}}, "trigger.deploy", "webhook or schedule"),
        ({"flow": {"trigger": {"remove": {}}}}, "trigger.remove", "webhook or schedule"),
        ({"flow": {"trigger": {"invoke": {}}}}, "trigger.invoke", "webhook or schedule"),
        ({"flow": {"trigger": {"webhook": {"response": {}}}}}, "trigger.webhook.response", "with 202"),
        ({"flow": {"trigger": {"schedule": {"cron": "0 6 * * *", "configVariable": "a"}}}}, "trigger.schedule.configVariable",
         "spec.flows.<flow>.schedule"),
        ({"configVariables": [{"name": "a", "type": "schedule"}]}, "configVariables[0].type", "instances override it"),
        ({"configVariables": [{"name": "a", "type": "string", "collection": "list"}]}, "configVariables[0].collection", "split"),
        ({"configVariables": [{"name": "a", "type": "string", "schema": {}}]}, "configVariables[0].schema", "parse"),
        ({"connections": [{"name": "a", "type": "oauth2"}]}, "connections[0].type", "take bearer"),
    ],
)  # fmt: skip
def test_what_this_release_does_not_have_is_said_so(others: dict[str, Any], place: str, remedy: str) -> None:
    """Triggers, variables and connections likewise."""
    found = told(made("a"), **others)

    assert len(found) == 1
    assert f"{place}: " in found[0]
    assert "not in this release" in found[0]
    assert remedy in found[0]


@pytest.mark.parametrize("key", ["on", True, "true"])
def test_the_condition_of_a_retry_has_another_name(key: Any) -> None:
    """YAML reads a bare `on` as a boolean, and kubectl hands it on as a text."""
    found = told(made("a", retry={"attempts": 2, key: "error.status >= 500"}))

    assert len(found) == 1
    assert "is called `when` here" in found[0]


def test_a_wrong_step_name_is_told_at_every_level() -> None:
    """In words, not as a pattern."""
    (found,) = told({"name": "each", "forEach": {"items": [1], "steps": [made("look-up")]}})

    assert found.startswith("flow demo, step look-up, name: a step's name is a lower-case letter, then letters")
    assert found.endswith(": write it as in lookUp")


@pytest.mark.parametrize(
    ("items", "what"), [({"a": "${trigger.body}"}, "a map"), (3, "a number"), (None, "null"), ("abc", "text")]
)
def test_items_that_are_no_list_are_refused(items: Any, what: str) -> None:
    """The API server takes any value there."""
    found = told({"name": "each", "forEach": {"items": items, "steps": [made("a")]}})

    assert found == [
        f"flow demo, step each, forEach.items: this is {what}, not a list: write a list, or `${{…}}` that gives one"
    ]


@pytest.mark.parametrize("text", ["steps.own", "has(steps.own)", "steps.own != null"])
def test_a_step_as_a_whole_is_no_value(text: str) -> None:
    """It ran before, so the message does not say that it comes later."""
    found = told(made("own"), made("use", **{"if": text}))

    assert len(found) == 1
    assert "write `steps.own.status == 'passed'`" in found[0]
    assert "later" not in found[0]


@pytest.mark.parametrize(
    ("url", "refused"),
    [
        ("https://me:pw@shop.example/a", True),
        ("http://me@shop.example", True),
        ("http://me:pa$$@shop.example/${trigger.body.id}", True),
        ("https://shop.example/me@home?a=b@c#@", False),
        ("https://${config.a}@shop.example", False),
    ],
)
def test_an_address_holds_no_password(url: str, refused: bool) -> None:
    """It would be in the definition and in every step's input; what an expression gives is refused when it runs."""
    found = told({"name": "ask", "http": {"url": url}}, configVariables=[{"name": "a", "type": "string"}])

    assert [message for message in found if "connection of type basic" not in message] == []
    assert bool(found) is refused


@pytest.mark.parametrize(
    ("text", "message"),
    [("${user}:${ token }", ""), ("$${user}", ""), ("$${nope} ${user}", ""), ("${nope}", "none of the fields"), ("${user", "never closed")],
)  # fmt: skip
def test_headers_of_a_custom_connection_are_texts_with_fields(text: str, message: str) -> None:
    """As everywhere, `$${` is a literal `${`."""
    connection = {"name": "own", "type": "custom", "fields": ["user", "token"], "headers": {"X-Auth": text}}

    found = told(made("a"), connections=[connection])

    assert len(found) == bool(message)
    assert message in "".join(found)


@pytest.mark.parametrize("text", ["* * * * *", "*/5 0-6/2 1,15 jan-mar,12 MON-fri", "0 0 ? * 0"])
def test_cron_fields_are_accepted(text: str) -> None:
    """What Kubernetes takes."""
    check_cron(text)


@pytest.mark.parametrize("text", ["", "@daily", "* * * * * *", "60 * * * *", "* * 0 * *", "* * * 13 *", "* * * * 7", "*/0 * * * *", "5-1 * * * *", "a * * * *", "1- * * * *"])  # fmt: skip
def test_wrong_cron_fields_are_refused(text: str) -> None:
    """What Kubernetes would refuse, too late for the publisher to see."""
    with pytest.raises(ExpressionError, match="write"):
        check_cron(text)


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("def run(context:\n", 1),
        ("x = 1\n", 0),
        ("async def run(context): ...\n", 1),
        ("\ndef run(): ...\n", 2),
        ("def run(a, b): ...\n", 1),
        ("def run(context, *, key): ...\n", 1),
        ("a\0b", 0),
        ("(" * 5000, None),
    ],
)
def test_wrong_python_is_refused(code: str, line: int | None) -> None:
    """With the line where there is one."""
    with pytest.raises(ExpressionError) as failure:
        check_python(code)

    assert line is None or failure.value.line == line


@pytest.mark.parametrize("code", ["def run(context): ...", "def run(*args): ...", "def run(c, more=1): return '\\d'"])
def test_python_that_can_be_called_with_the_context_is_accepted(code: str) -> None:
    """It is parsed, and never run."""
    check_python(code)


def test_times_need_an_offset() -> None:
    """A time without one means another moment on each node."""
    check_time("2026-01-31T06:00:00Z")
    with pytest.raises(ExpressionError, match="offset"):
        check_time("2026-01-31T06:00:00")


def test_a_json_path_error_has_a_column() -> None:
    """Where it stops making sense."""
    with pytest.raises(ExpressionError, match="RFC 9535") as failure:
        check_json_path("$.[")

    assert failure.value.column > 0


def test_a_thousand_steps_compile_in_seconds() -> None:
    """Time grows about with the number of steps, so a publication does not hang."""
    steps = [made("s0"), *(made(f"s{n}", f"${{steps.s{n - 1}.output + {n}}}") for n in range(1, 1000))]
    start = time.process_time()

    assert told(*steps) == []
    assert time.process_time() - start < 20
