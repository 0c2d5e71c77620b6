"""What the active replica runs: one line a topic; a new topic is a new line."""

from collections.abc import Callable
from typing import Final

from penstock_operator import maintenance, refusals, retired_roles
from penstock_operator.control.controller import Controller
from penstock_operator.executions import controller as executions
from penstock_operator.instances import controller as instances
from penstock_operator.integrations import controller as integrations
from penstock_operator.schedules import controller as schedules
from penstock_operator.services import Services

TOPICS: Final[tuple[Callable[[Services], Controller], ...]] = (
    integrations.build,
    instances.build,
    executions.build,
    schedules.build,
    maintenance.build,
    retired_roles.build,
    refusals.build,
)


def controllers(services: Services) -> tuple[Controller, ...]:
    """All topics over the same services."""
    return tuple(build(services) for build in TOPICS)
