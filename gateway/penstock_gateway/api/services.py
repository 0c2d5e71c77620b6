"""What the API's routes are given: made once by the server, so that a route names what it needs and makes nothing itself."""

from dataclasses import dataclass

from penstock_core.store.executions.cancelling import Cancelling
from penstock_core.store.executions.reading import Reading
from penstock_gateway.api.authorization import Access
from penstock_gateway.api.values.responses import Values
from penstock_gateway.flows import FlowTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """One for the process."""

    reading: Reading
    access: Access
    flows: FlowTable
    values: Values
    cancelling: Cancelling
