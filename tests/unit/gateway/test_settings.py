"""What the gateway takes from its environment."""

import pytest

from gateway_stand import settings
from penstock_core.errors import SettingsError
from penstock_gateway.settings import from_environment


def test_settings_name_what_is_missing() -> None:
    """A missing or malformed variable is named."""
    environment = {
        "PENSTOCK_RELEASE": "a.b", "PENSTOCK_RELEASE_NAME": "b", "PENSTOCK_RELEASE_NAMESPACE": "a",
        "PENSTOCK_GATEWAY_DATABASE_SECRET": "s", "PENSTOCK_RUNNER_IMAGE": "i",
    }  # fmt: skip

    assert from_environment(environment | {"PENSTOCK_WATCH_NAMESPACES": "x, y,"}).watch_namespaces == ("x", "y")
    for name in environment:
        with pytest.raises(SettingsError, match=name):
            from_environment({key: value for key, value in environment.items() if key != name})
    with pytest.raises(SettingsError, match="PENSTOCK_MAX_BODY_BYTES"):
        from_environment(environment | {"PENSTOCK_MAX_BODY_BYTES": "10MB"})
    assert settings().max_body_bytes == 10 * 1024 * 1024
