"""Connections of an Instance: what is wrong with one, and what a flow gets of it."""

from base64 import b64encode

import pytest

from observed_objects import CONTENT, secret
from penstock_core.observed.content import DeclaredConnection
from penstock_core.observed.data import Secret
from penstock_operator.instances.references.connections import optional_unset, resolve, used_by, warnings

DECLARED = [
    DeclaredConnection.parse({"name": "erp", "type": "basic", "description": "the ERP"}),
    DeclaredConnection.parse({"name": "mail", "type": "apiKey", "required": False}),
]
GIVEN = {"erp": "acme-erp"}


@pytest.mark.parametrize(
    ("given", "found", "fragments"),
    [
        (
            {},
            None,
            [
                "connection erp of type basic is required (the ERP)",
                "spec.connections.erp.secretRef.name",
                "username, password",
            ],
        ),
        (GIVEN, None, ["does not exist", "penstock.dev/connection=true"]),
        (GIVEN, secret(labels={}), ['lacks the label penstock.dev/connection: "true"']),
        (
            GIVEN,
            secret(labels={"penstock.dev/connection": "true", "app.kubernetes.io/managed-by": "penstock"}),
            ["Penstock's own"],
        ),
        (GIVEN, secret(fields=("username",)), ["lacks password", "it has: username"]),
        (
            GIVEN | {"typo": "x"},
            secret(fields=("username", "password")),
            ["connection typo is not declared", "erp, mail"],
        ),
    ],
)
def test_each_wrong_connection_is_named_with_its_remedy(
    given: dict[str, str], found: Secret | None, fragments: list[str]
) -> None:
    """What is wrong with a connection is one sentence that names the connection, the problem and the remedy."""
    _, problems = resolve(DECLARED, given, secret=lambda _: found)

    assert len(problems) == 1
    assert [fragment for fragment in fragments if fragment not in problems[0]] == []


def test_a_complete_connection_is_resolved_by_reference() -> None:
    """A connection that is complete yields the Secret's name and fields, never a value."""
    found, problems = resolve(DECLARED, GIVEN, secret=lambda _: secret(fields=("username", "password")))

    assert problems == []
    assert found["erp"].for_flow() == {
        "name": "erp",
        "type": "basic",
        "secretName": "acme-erp",
        "fields": ["username", "password"],
    }


SECRET_VALUE = b"canary-value"


def holding(value: bytes) -> Secret:
    """The Secret of the connection, with this password."""
    data = {"username": b64encode(b"me").decode(), "password": b64encode(value).decode()}
    labels = {"penstock.dev/connection": "true"}
    return Secret.parse({"metadata": {"name": "acme-erp", "labels": labels}, "data": data})


@pytest.mark.parametrize(
    ("value", "fragments"),
    [
        (SECRET_VALUE + b"\0", ["NUL byte", "remove it"]),
        (SECRET_VALUE + b"\xff", ["UTF-8"]),
        (SECRET_VALUE * 11_000, ["has 132000 bytes", "131072 at most"]),
    ],
)
def test_what_no_variable_can_hold_is_refused_by_its_name(value: bytes, fragments: list[str]) -> None:
    """A field that no runner could be started with is a problem of the Instance, told without its value."""
    found, [problem] = resolve(DECLARED, GIVEN, secret=lambda _: holding(value))

    assert found == {}
    assert problem.startswith("connection erp: the field password of the Secret acme-erp ")
    assert [fragment for fragment in fragments if fragment not in problem] == []
    assert "canary" not in problem


def test_values_that_are_too_much_together_are_refused() -> None:
    """What no program can be started with is refused, though each field alone could be."""
    many = [DeclaredConnection.parse({"name": f"c{number}", "type": "bearer"}) for number in range(11)]
    data = {"token": b64encode(b"x" * 100_000).decode()}
    item = Secret.parse({"metadata": {"name": "s", "labels": {"penstock.dev/connection": "true"}}, "data": data})

    _, problems = resolve(many, {one.name: "s" for one in many}, secret=lambda _: item)

    assert [problem.split(":")[0] for problem in problems] == ["spec.connections"]


def test_a_secret_that_is_too_short_to_be_masked_is_told() -> None:
    """Fewer than six characters are used, and said to be seen; a user's name is no secret."""
    found, problems = resolve(DECLARED, GIVEN, secret=lambda _: holding(b"pw12\n"))

    assert problems == []
    assert warnings(found, secret=lambda _: holding(b"canary")) == []
    sentence, _ = warnings(found, secret=lambda _: holding(b"pw12\n"))
    assert sentence.startswith("connection erp: password of the Secret acme-erp has fewer than 6 characters")


TOKEN = [DeclaredConnection.parse({"name": "erp", "type": "bearer"})]
PARTS = [
    DeclaredConnection.parse({"name": "erp", "type": "custom", "fields": ["token"], "headers": {"X-Key": "k=${token}"}})
]
LOGIN = [DeclaredConnection.parse({"name": "erp", "type": "basic"})]


def offered(**fields: bytes) -> Secret:
    """The Secret of the connection, with these fields."""
    data = {name: b64encode(value).decode() for name, value in fields.items()}
    return Secret.parse({"metadata": {"name": "acme-erp", "labels": {"penstock.dev/connection": "true"}}, "data": data})


@pytest.mark.parametrize(
    ("declared", "fields", "problem"),
    [
        (TOKEN, {"token": b""}, "token of the Secret acme-erp is empty: write its value"),
        (
            TOKEN,
            {"token": b"\n"},
            "the field token of the Secret acme-erp is empty but for white space: write its value",
        ),
        (
            TOKEN,
            {"token": b" \t"},
            "the field token of the Secret acme-erp is empty but for white space: write its value",
        ),
        (TOKEN, {"key": b"v"}, "the Secret acme-erp lacks token (it has: key): add what is missing to it"),
        (TOKEN, {}, "the Secret acme-erp lacks token (it has: nothing): add what is missing to it"),
        (
            TOKEN,
            {"token": b"abc\ndef\n"},
            "the field token of the Secret acme-erp has a line break at character 4, which no header can hold: write it in one line",
        ),
        (
            PARTS,
            {"token": b"ab\x07"},
            "the field token of the Secret acme-erp has at character 3 what no header can hold: correct or encode it",
        ),
        (
            TOKEN,
            {"token": "abc\u20ac".encode()},
            "the field token of the Secret acme-erp has at character 4 what no header can hold: correct or encode it",
        ),
        (
            LOGIN,
            {"username": "\ufeffme".encode(), "password": b"long-enough"},
            "the field username of the Secret acme-erp begins with a byte order mark: write the file that it is made of without one",
        ),
        (TOKEN, {"token": b"long-enough"}, None),
        (TOKEN, {"token": b"long-enough\r\n"}, None),
        (LOGIN, {"username": "j\u20ac".encode(), "password": b"two\nlines"}, None),
    ],
)
def test_what_a_request_cannot_carry_is_refused_by_name(
    declared: list[DeclaredConnection], fields: dict[str, bytes], problem: str | None
) -> None:
    """Fields that are missing, empty, or no header's value are told with Secret, field and cure; others serve."""
    _, problems = resolve(declared, GIVEN, secret=lambda _: offered(**fields))

    assert problems == ([f"connection erp: {problem}"] if problem else [])


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (b"long-enough", []),
        (
            b"long-enough\n",
            ["token of the Secret acme-erp ends in a line break, which no header can hold: it is sent without it"],
        ),
        (
            b" long-enough",
            ["token of the Secret acme-erp begins or ends with white space, which is sent as it stands"],
        ),
    ],
)
def test_white_space_around_a_value_is_told(value: bytes, said: list[str]) -> None:
    """What nobody sees in a terminal stands in the condition, and keeps nothing from being deployed."""
    found, problems = resolve(TOKEN, GIVEN, secret=lambda _: offered(token=value))

    assert problems == []
    assert warnings(found, secret=lambda _: offered(token=value)) == [f"connection erp: {one}" for one in said]


def test_an_optional_connection_that_is_not_set_is_told() -> None:
    """Steps that use it fail, and the condition says so beforehand; one that nobody uses is not spoken of."""
    [sentence] = optional_unset(DECLARED, GIVEN, used=frozenset({"erp", "mail"}))

    assert sentence == "connection mail is optional and not set: steps that use it fail, until spec.connections.mail is"
    assert optional_unset(DECLARED, GIVEN, used=frozenset({"erp"})) == []


def test_connections_are_found_in_nested_steps() -> None:
    """A flow's Job gets the connections that its steps name, at any depth, and no others."""
    assert used_by(CONTENT["flows"][0]["steps"]) == {"erp"}
    assert used_by(CONTENT["flows"][1]["steps"]) == frozenset()
