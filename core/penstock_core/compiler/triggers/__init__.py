"""Kinds of triggers, as the compiler checks them: one module and one entry each; how they are deployed is the operator's."""

from collections.abc import Callable, Iterator
from typing import Any

from penstock_core.compiler.triggers import schedule, webhook

Check = tuple[str, Callable[[], object]]
"""A field's place behind the trigger's name, and what raises where the field is wrong."""

TRIGGERS: dict[str, Callable[[Any], Iterator[Check]]] = {"webhook": webhook.checks, "schedule": schedule.checks}
"""By the name under which a flow declares it, which is also the member of its model."""
