"""What the runner takes from its environment."""

from uuid import UUID

import pytest

from penstock_runner.errors import ConfigurationError
from penstock_runner.process import environment

ID = "0190a000-0000-7000-8000-000000000001"
GIVEN = {"PENSTOCK_DSN": "postgresql://canary", "PENSTOCK_NAMESPACE": "acme", "PENSTOCK_POD": "pod-1"}


def test_settings_are_taken_out() -> None:
    """Every variable of Penstock is gone afterwards, others stay; fields are grouped by connection."""
    given = {
        **GIVEN, "PENSTOCK_EXECUTION": ID, "PATH": "/bin",
        "PENSTOCK_CONNECTION.erp.key": "k.1", "PENSTOCK_CONNECTION.shop.user": "u", "PENSTOCK_CONNECTION.shop.a.b": "x",
    }  # fmt: skip

    settings = environment.take(given)

    assert given == {"PATH": "/bin"}
    assert (settings.execution, settings.tick, settings.pod) == (UUID(ID), None, "pod-1")
    assert settings.fields == {"erp": {"key": "k.1"}, "shop": {"user": "u", "a.b": "x"}}


def test_secrets_are_not_in_the_repr() -> None:
    """Neither DSN nor fields are shown where settings are printed."""
    settings = environment.take({**GIVEN, "PENSTOCK_EXECUTION": ID, "PENSTOCK_CONNECTION.erp.key": "canary"})

    assert "canary" not in repr(settings)
    assert "acme" in repr(settings)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "PENSTOCK_DSN is not set"),
        ({"PENSTOCK_DSN": "x"}, "PENSTOCK_NAMESPACE is not set"),
        (GIVEN, "exactly one of PENSTOCK_EXECUTION and PENSTOCK_TICK"),
        ({**GIVEN, "PENSTOCK_EXECUTION": ID, "PENSTOCK_TICK": "{}"}, "exactly one of"),
        ({**GIVEN, "PENSTOCK_EXECUTION": "x"}, "PENSTOCK_EXECUTION is not an execution's id: 'x'"),
    ],
)
def test_what_is_missing_is_named(given: dict[str, str], message: str) -> None:
    """A missing or malformed variable is named, and secrets are taken out all the same."""
    given = dict(given)
    with pytest.raises(ConfigurationError, match=message):
        environment.take(given)

    assert "PENSTOCK_DSN" not in given
