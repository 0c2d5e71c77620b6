"""Removes database roles that serve no namespace any more, again and again until each is gone.

No Instance and no namespace waits for it: a role that was untied sees nothing, whatever keeps it in the server.
"""

import logging
from typing import Final

from penstock_core.errors import StoreError
from penstock_core.store.tenants.instances import Tenancy
from penstock_core.store.tenants.role_removal import RoleRemoval
from penstock_operator.control.controller import Controller, Loop
from penstock_operator.services import Services

log = logging.getLogger(__name__)
ROLES_SECONDS: Final = 5.0
AT_A_TIME: Final = 20
"""The others' turn comes in the next round: those that were tried longest ago are first."""


def build(services: Services) -> Controller:
    """One loop."""
    settings = services.settings
    removal = RoleRemoval(services.pool, dsn=settings.dsn, prefix=settings.database_role_prefix)
    roles = RetiredRoles(removal, services.tenancy)
    return Controller(loops=(Loop(name="retired-roles", seconds=ROLES_SECONDS, step=roles.step),))


class RetiredRoles:
    """The loop's work."""

    def __init__(self, removal: RoleRemoval, tenancy: Tenancy) -> None:
        self._removal = removal
        self._tenancy = tenancy
        self._causes: dict[str, str] = {}

    async def step(self) -> None:
        """Tries each; one that cannot go yet is named with what is in its way, and keeps no other."""
        await self._removal.retire()
        for role in await self._removal.retired(limit=AT_A_TIME):
            try:
                if await self._removal.remove(role):
                    log.info("database role removed", extra={"role": role})
                self._causes.pop(role, None)
            except StoreError as error:
                self._tell(role, str(error))
        try:
            await self._tenancy.retire_old_group()
        except StoreError as error:
            self._tell("the runners' group of the release before", str(error))

    def _tell(self, role: str, cause: str) -> None:
        """Once for each cause."""
        if self._causes.get(role) != cause:
            log.warning("database role not removed yet", extra={"role": role, "cause": cause})
        self._causes[role] = cause
