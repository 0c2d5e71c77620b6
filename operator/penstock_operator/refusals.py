"""Tells owners of refused webhooks, by an Event on their Instance: callers hear nothing of the cause, and the gateway writes none."""

from datetime import UTC
from typing import Final

from penstock_core.cluster import INSTANCES
from penstock_core.executions.states import Refusal
from penstock_core.store.flows.refusals import Refusals, Refused
from penstock_operator.control.controller import Controller, Loop
from penstock_operator.objects.reasons import Reason
from penstock_operator.objects.reporter import Reporter
from penstock_operator.services import Services
from penstock_operator.watch.inventory import Inventory

REFUSALS_SECONDS: Final = 10.0
BATCH: Final = 10
"""Events in one step: whoever may send requests can have so many written, and no more."""
WORDS: Final = {
    Refusal.NO_SUCH_FLOW: "their URL names no flow of this Instance that a webhook starts: compare it with `kubectl get"
    " flows`, upper and lower case included",
    Refusal.NO_CREDENTIAL: "they had neither key nor signature: send a key in the header Api-Key, or sign them",
    Refusal.KEY_UNKNOWN: "their key is none of this Instance's: compare it with the Secret that status.webhookKeySecret or"
    " spec.webhook.keysSecretRef names",
    Refusal.SIGNATURE_WRONG: "their signature does not fit: compare the secret in spec.webhook.signature with the sender's,"
    " and let nothing between change the body",
    Refusal.SIGNATURE_OUT_OF_TIME: "they were signed too long ago, or ahead of time: compare the sender's clock, or raise"
    " spec.webhook.signature.toleranceSeconds",
}


def build(services: Services) -> Controller:
    """One loop."""
    told = Owners(Refusals(services.pool), services.inventory, services.reporter)
    return Controller(loops=(Loop(name="refusals", seconds=REFUSALS_SECONDS, step=told.step),))


class Owners:
    """Writes the Events."""

    def __init__(self, refusals: Refusals, inventory: Inventory, reporter: Reporter) -> None:
        self._refusals = refusals
        self._inventory = inventory
        self._reporter = reporter

    async def step(self) -> None:
        """Tells what has waited longest."""
        for refused in await self._refusals.take(limit=BATCH):
            instance = self._inventory.get(INSTANCES, (refused.namespace, refused.name))
            if instance is not None and instance.uid == refused.uid:
                await self._reporter.event(instance, reason=Reason.WEBHOOKS_REFUSED, message=sentence(refused))


def sentence(refused: Refused) -> str:
    """`12 webhooks were refused since 2026-03-01T12:00:00Z: …`"""
    what = "webhook was" if refused.count == 1 else "webhooks were"
    since = refused.since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"{refused.count} {what} refused since {since}: {WORDS[refused.cause]}."
