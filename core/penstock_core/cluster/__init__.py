"""The small asynchronous Kubernetes client of operator and gateway.

`Cluster` has the verbs, `Reflector` keeps a local copy of a collection, `Kind` and its constants name the collections.
Objects are plain dicts, as `kubectl get -o json` shows them.
"""

from penstock_core.cluster.client import Caller, Cluster, EventType, Listing
from penstock_core.cluster.reflector import OnChange, Reflector
from penstock_core.kinds import (
    CLUSTER_ROLES,
    CONFIG_MAPS,
    CRDS,
    CRON_JOBS,
    DEPLOYMENTS,
    EVENTS,
    FLOWS,
    INSTANCES,
    INTEGRATION_VERSIONS,
    INTEGRATIONS,
    JOBS,
    LEASES,
    NAMESPACES,
    NETWORK_POLICIES,
    NODES,
    PODS,
    RESOURCE_QUOTAS,
    ROLE_BINDINGS,
    ROLES,
    SECRETS,
    SERVICE_ACCOUNTS,
    SERVICES,
    SUBJECT_ACCESS_REVIEWS,
    TOKEN_REVIEWS,
    Kind,
)
from penstock_core.objects import Key, Object, key_of

__all__ = [
    "CLUSTER_ROLES",
    "CONFIG_MAPS",
    "CRDS",
    "CRON_JOBS",
    "DEPLOYMENTS",
    "EVENTS",
    "FLOWS",
    "INSTANCES",
    "INTEGRATIONS",
    "INTEGRATION_VERSIONS",
    "JOBS",
    "LEASES",
    "NAMESPACES",
    "NETWORK_POLICIES",
    "NODES",
    "PODS",
    "RESOURCE_QUOTAS",
    "ROLES",
    "ROLE_BINDINGS",
    "SECRETS",
    "SERVICES",
    "SERVICE_ACCOUNTS",
    "SUBJECT_ACCESS_REVIEWS",
    "TOKEN_REVIEWS",
    "Caller",
    "Cluster",
    "EventType",
    "Key",
    "Kind",
    "Listing",
    "Object",
    "OnChange",
    "Reflector",
    "key_of",
]
