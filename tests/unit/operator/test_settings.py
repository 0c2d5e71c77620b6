"""What the operator takes from its environment."""

import pytest

from penstock_core.errors import SettingsError
from penstock_operator.settings import from_environment


def test_every_missing_setting_is_named(environment: dict[str, str]) -> None:
    """An incomplete environment is refused with all that is wrong with it."""
    del environment["PENSTOCK_DSN"]
    environment["PENSTOCK_MAX_RUNNING"] = "many"

    with pytest.raises(SettingsError, match=r"PENSTOCK_DSN is not set; PENSTOCK_MAX_RUNNING is 'many'"):
        from_environment(environment)


def test_catalogues_are_watched_too(environment: dict[str, str]) -> None:
    """With named namespaces, those of catalogues are watched as well; without, all are."""
    named = from_environment(
        {**environment, "PENSTOCK_WATCH_NAMESPACES": "a, b", "PENSTOCK_CATALOGUE_NAMESPACES": "b,c"}
    )

    assert named.watched == ("a", "b", "c")
    assert from_environment(environment).watched == (None,)
    assert from_environment(environment).public_url == "https://hooks.example"
