"""The actions of a step as users write them: one module a kind, with its model and how it stands in a step."""

from collections.abc import Mapping
from typing import Final

from penstock_core.resources.actions import branch, check, for_each, http, python, sleep, stop
from penstock_core.resources.actions import set as set_
from penstock_core.resources.base import ActionMember

ACTIONS: Final[Mapping[str, ActionMember]] = {
    "http": http.MEMBER,
    "set": set_.MEMBER,
    "check": check.MEMBER,
    "python": python.MEMBER,
    "sleep": sleep.MEMBER,
    "forEach": for_each.MEMBER,
    "branch": branch.MEMBER,
    "stop": stop.MEMBER,
}
"""In the order in which messages list them."""
