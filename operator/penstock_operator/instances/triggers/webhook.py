"""A flow that a request starts: nothing is deployed but the Flow, which the gateway serves."""

from collections.abc import Mapping
from typing import Any, Final

from penstock_core.observed.instance import Override
from penstock_core.resources.base import default_of
from penstock_core.resources.integration import WebhookTrigger
from penstock_operator.instances.triggers.kind import Trigger

DEFAULT_METHODS: Final[tuple[str, ...]] = tuple(default_of(WebhookTrigger, "methods"))
DEFAULT_SECURITY: Final[str] = default_of(WebhookTrigger, "security")
DEFAULT_PARSE: Final[str] = default_of(WebhookTrigger, "parse")


class Webhook(Trigger):
    """`methods`, `security`, `parse` where it is not the default, and the `url`."""

    takes_requests = True

    def settings(self, declared: Mapping[str, Any], override: Override, *, url: str | None) -> dict[str, Any]:
        """As declared: an Instance lays nothing over it."""
        return {
            "methods": list(declared.get("methods", DEFAULT_METHODS)),
            "security": declared.get("security", DEFAULT_SECURITY),
            **({"parse": declared["parse"]} if declared.get("parse", DEFAULT_PARSE) != DEFAULT_PARSE else {}),
            "url": url,
        }

    def shown(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Where it is called."""
        return {"url": settings["url"]}
