"""Which cluster is used."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from testbed import provider
from testbed.errors import TestbedError
from testbed.existing import allowed_context
from testbed.layout import Layout

LAYOUT = Layout(state=Path("/srv/state"), cache=Path("/srv/cache"), checkout=Path("/srv/checkout"))


@pytest.mark.parametrize(("docker", "expected"), [(True, "kind"), (False, "node")])
def test_docker_decides_between_kind_and_the_node(docker: bool, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where an engine answers, kind is the shorter way."""
    monkeypatch.setattr(provider, "docker_answers", lambda: docker)

    assert expected == provider.choose({}, LAYOUT).name


@pytest.mark.parametrize("name", ["kind", "node"])
def test_the_choice_can_be_overridden(name: str) -> None:
    """PENSTOCK_TESTBED_PROVIDER wins."""
    assert name == provider.choose({"PENSTOCK_TESTBED_PROVIDER": name}, LAYOUT).name


def test_an_unknown_provider_is_refused_with_the_known_ones() -> None:
    """The message lists what can be chosen."""
    with pytest.raises(TestbedError, match="kind, node, existing"):
        provider.choose({"PENSTOCK_TESTBED_PROVIDER": "cloud"}, LAYOUT)


def test_a_named_and_allowed_context_is_used() -> None:
    """Both variables name it."""
    environment = {"PENSTOCK_TESTBED_CONTEXT": "dev", "PENSTOCK_TESTBED_ALLOW": "ci, dev"}

    assert provider.choose(environment, LAYOUT).name == "existing"


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({}, "PENSTOCK_TESTBED_CONTEXT"),
        ({"PENSTOCK_TESTBED_CONTEXT": "prod"}, "set PENSTOCK_TESTBED_ALLOW=prod"),
        ({"PENSTOCK_TESTBED_CONTEXT": "prod", "PENSTOCK_TESTBED_ALLOW": "dev"}, "context prod is not in"),
    ],
)
def test_a_context_that_is_not_allowed_is_refused(environment: Mapping[str, str], message: str) -> None:
    """Tests delete cluster-wide things: nobody's cluster is used by accident."""
    with pytest.raises(TestbedError, match=message):
        allowed_context(environment)
