"""Connections as a step meets them: what cannot sign in fails before anything is sent, with one code."""

from typing import Any

import pytest

from penstock_runner.engine.connections import connections
from penstock_runner.errors import Failure

LABEL = 'penstock.dev/connection: "true"'
BEARER: dict[str, Any] = {"type": "bearer", "fields": ["token"], "secret": "acme-erp"}
OF_0_1: dict[str, Any] = {"type": "bearer", "fields": ["token"]}
UNUSED: dict[str, Any] = {
    "type": "custom",
    "fields": ["token", "extra"],
    "headers": {"X": "${token}"},
    "secret": "acme-erp",
}


@pytest.mark.parametrize(
    ("description", "fields", "words"),
    [
        (BEARER, {}, ["field `token`", "the Secret acme-erp", LABEL, "create it with key and label"]),
        (BEARER, {"token": ""}, ["the field token of the Secret acme-erp is empty", "write its value"]),
        (BEARER, {"token": "\n"}, ["the field token of the Secret acme-erp is empty but for white space"]),
        (BEARER, {"token": "one\ntwo"}, ["the Secret acme-erp", "line break at character 4", "write it in one line"]),
        (BEARER, {"token": "\ufeffone"}, ["the Secret acme-erp", "byte order mark"]),
        (BEARER, {"other": "value"}, ["field `token`", "the Secret acme-erp"]),
        (UNUSED, {"token": "value"}, ["field `extra`", "the Secret acme-erp"]),
        (BEARER | {"secret": None}, {}, ["optional", "spec.connections.erp.secretRef.name", "token", LABEL]),
        (OF_0_1, {}, ["field `token`", "its Secret", LABEL]),
        (OF_0_1, {"token": ""}, ["the field token of its Secret is empty"]),
    ],
)
def test_what_cannot_sign_in_fails_with_one_code(
    description: dict[str, Any], fields: dict[str, str], words: list[str]
) -> None:
    """Whatever is wrong with a connection, the failure names it, its Secret, the key and the cure, and no value."""
    connection = connections({"erp": description}, {"erp": fields})["erp"]

    with pytest.raises(Failure) as failure:
        connection.headers()

    assert failure.value.code == "connection_unusable"
    assert [word for word in ["connection `erp`", *words] if word not in failure.value.message] == []
    assert "one" not in failure.value.message.replace("one line", "").replace("without one", "")


def test_a_line_break_at_the_end_is_not_sent() -> None:
    """A Secret made from a file signs in like one made from a literal."""
    connection = connections({"erp": BEARER}, {"erp": {"token": "value-1\n"}})["erp"]

    assert connection.headers() == {"Authorization": "Bearer value-1"}
