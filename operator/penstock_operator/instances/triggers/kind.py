"""What a kind of trigger says of itself."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from penstock_core.cluster import Cluster
from penstock_core.manifests.job import RunnerPod
from penstock_core.observed.base import Kept
from penstock_core.observed.flow import Flow
from penstock_core.observed.instance import Override
from penstock_operator.watch.collection import Collection


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where and with what a trigger's objects are deployed."""

    cluster: Cluster
    cron_jobs: Collection[Kept]
    runner: RunnerPod


class Trigger(ABC):
    """A kind of trigger; `settings` is what a Flow's spec holds under the kind's name."""

    takes_requests = False
    """Whether the gateway calls it: it has a URL then, and its Instance has credentials."""
    keeps_times = False
    """Whether its times count from their last change, and its pauses are noted."""

    @abstractmethod
    def settings(self, declared: Mapping[str, Any], override: Override, *, url: str | None) -> dict[str, Any]:
        """From what the Integration declares and the Instance lays over it; defaults are written out."""

    def problems(self, place: str, override: Override) -> list[str]:
        """A sentence for each thing in an override, at `place`, that does not go with this trigger."""
        return (
            [f"{place}.schedule: the flow's trigger is not a schedule: remove it"]
            if override.schedule is not None
            else []
        )

    def warnings(self, flow: str, declared: Mapping[str, Any], override: Override) -> list[str]:
        """A sentence for what a version declares that will come to nothing, and that was published all the same."""
        return []

    def line(self, settings: Mapping[str, Any]) -> str:
        """What of a Flow's spec an API server's refusal is about, in words that follow the flow's name; empty for none."""
        return ""

    @abstractmethod
    def shown(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """What an Instance's status shows of it, beside its kind."""

    async def deploy(self, flow: Flow, site: Site) -> None:
        """Makes what it needs beside the Flow, where that is missing or another."""
        return

    async def remove(self, flow: Flow, site: Site) -> None:
        """Removes what `deploy` made; asked for flows of other triggers, too, which may have had this one before."""
        return

    async def stop(self, flow: Flow, cluster: Cluster) -> None:
        """As `remove`, at the end of an Instance: whatever a watch has told so far."""
        return
