"""From a Flow object to the columns that an execution's row carries: the gateway and the operator read it the same way."""

from collections.abc import Mapping
from typing import Any

from penstock_core.store.model import FlowIdentity


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
