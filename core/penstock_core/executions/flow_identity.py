"""From a Flow object to the columns that an execution's row carries: the gateway and the operator read it the same way."""

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:  # the runner reads identities, and no objects
    from penstock_core.observed.flow import Flow


class FlowIdentity(NamedTuple):
    """The flow an execution belongs to; `flow` is its name as written, the uids are those of the objects."""

    namespace: str
    instance: str
    instance_uid: str
    flow: str
    flow_uid: str
    integration: str
    version: str
    definition_hash: str
    customer_id: str | None = None
    customer_name: str | None = None


def flow_identity(flow: "Flow") -> FlowIdentity:
    """The identity of a flow."""
    return FlowIdentity(
        namespace=flow.namespace,
        instance=flow.instance,
        instance_uid=flow.instance_uid,
        flow=flow.flow,
        flow_uid=flow.uid,
        integration=flow.integration,
        version=flow.version,
        customer_id=flow.customer.id,
        customer_name=flow.customer.name or flow.customer.id,
        definition_hash=flow.definition_hash,
    )
