"""Kinds of triggers, as they are deployed: one module and one entry each; what the compiler checks is in `compiler/triggers`."""

from penstock_operator.instances.triggers.kind import Trigger
from penstock_operator.instances.triggers.schedule import Schedule
from penstock_operator.instances.triggers.webhook import Webhook

TRIGGERS: dict[str, Trigger] = {"webhook": Webhook(), "schedule": Schedule()}
"""By name, as an Integration declares and a Flow's spec names them; in the order in which a summary counts them."""
