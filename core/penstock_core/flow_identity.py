"""From a Flow object to the columns that an execution's row carries: the gateway and the operator read it the same way."""

from collections.abc import Mapping
from typing import Any, NamedTuple


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


def flow_identity(flow: Mapping[str, Any]) -> FlowIdentity:
    """The identity of a flow; `flow` is the whole Flow object as the API server returns it."""
    metadata, spec = flow["metadata"], flow["spec"]
    return FlowIdentity(
        namespace=metadata["namespace"],
        instance=spec["instance"],
        instance_uid=spec["instanceUid"],
        flow=spec["flow"],
        flow_uid=metadata["uid"],
        integration=spec["integration"]["name"],
        version=spec["integration"]["version"],
        customer_id=spec["customer"]["id"],
        customer_name=spec["customer"].get("name", spec["customer"]["id"]),
        definition_hash=spec["definitionHash"],
    )
