"""The table of the API's routes: a topic is a module with a function that makes its router, and one line here.

How to add a route: write the function in the topic's `routes.py`, with the models that it answers in `penstock_core.api`; let it
ask `access` for a right before it reads anything; name the function here where the topic is new.
"""

from collections.abc import Callable
from typing import Final

from fastapi import APIRouter

from penstock_gateway.api.executions.routes import executions_router
from penstock_gateway.api.services import Services

ROUTERS: Final[tuple[Callable[[Services], APIRouter], ...]] = (executions_router,)
"""In the order of the OpenAPI document."""
