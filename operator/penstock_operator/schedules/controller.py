"""Runs the search for ticks that never happened."""

from typing import Final

from penstock_core.store.flows.schedules import Schedules
from penstock_operator.control.controller import Controller, Loop
from penstock_operator.schedules.missed_ticks import Ticks
from penstock_operator.services import Services

TICKS_SECONDS: Final = 15.0


def build(services: Services) -> Controller:
    """One loop over all schedules."""
    ticks = Ticks(
        services.cluster,
        services.inventory,
        services.workloads,
        Schedules(services.pool),
        reporter=services.reporter,
        clock=services.clock,
        missed=services.metrics.missed,
        since=services.predecessor_seen,
        release=services.settings.release,
    )
    return Controller(loops=(Loop(name="ticks", seconds=TICKS_SECONDS, step=ticks.step),))
