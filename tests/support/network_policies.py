"""What NetworkPolicies let out, evaluated as Kubernetes' API describes it; for policies of one namespace, and TCP and UDP.

A pod that no policy of the direction selects may go anywhere. The policies that select it add up: what one lets out is let out.
A rule without peers leads everywhere, one without ports to every port; a peer's selectors hold together.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """An address; of a pod in the cluster also its labels, and those of its namespace."""

    address: str
    pod: Labels | None = None
    namespace: Labels = field(default_factory=dict)


def lets_out(
    policies: Iterable[Mapping[str, Any]], pod: Labels, to: Destination, *, port: int, protocol: str = "TCP"
) -> bool:
    """Whether a pod with these labels, in the policies' namespace, may open a connection."""
    specs = [policy["spec"] for policy in policies]
    selecting = [spec for spec in specs if "Egress" in spec["policyTypes"] and _selects(spec["podSelector"], pod)]
    if not selecting:
        return True
    rules = [rule for spec in selecting for rule in spec.get("egress", ())]
    return any(_leads_to(rule, to) and _opens(rule, port, protocol) for rule in rules)


def _leads_to(rule: Mapping[str, Any], to: Destination) -> bool:
    peers = rule.get("to") or ()
    return not peers or any(_is(peer, to) for peer in peers)


def _opens(rule: Mapping[str, Any], port: int, protocol: str) -> bool:
    ports = rule.get("ports") or ()
    return not ports or any(
        each.get("protocol", "TCP") == protocol
        and ("port" not in each or each["port"] <= port <= each.get("endPort", each["port"]))
        for each in ports
    )


def _is(peer: Mapping[str, Any], to: Destination) -> bool:
    if "ipBlock" in peer:
        block = peer["ipBlock"]
        return _within(to.address, block["cidr"]) and not any(
            _within(to.address, closed) for closed in block.get("except", ())
        )
    if to.pod is None:
        return False
    if "namespaceSelector" not in peer:
        raise NotImplementedError("a peer of the policy's own namespace")
    return _selects(peer["namespaceSelector"], to.namespace) and _selects(peer.get("podSelector", {}), to.pod)


def _within(address: str, block: str) -> bool:
    found, network = ip_address(address), ip_network(block)
    if isinstance(network, IPv6Network) and network.network_address.ipv4_mapped:
        raise ValueError(f"the API server refuses {block}: an IPv4 address embedded in IPv6")
    if isinstance(found, IPv6Address):
        found = found.ipv4_mapped or found  # as the kernel sends it
    return found.version == network.version and found in network


def _selects(selector: Mapping[str, Any], labels: Labels) -> bool:
    if selector.keys() - {"matchLabels"}:
        raise NotImplementedError(f"a selector with {sorted(selector)}")
    wanted: Mapping[str, str] = selector.get("matchLabels", {})
    return wanted.items() <= labels.items()
