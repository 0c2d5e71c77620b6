"""The kinds of objects that Penstock touches, and where the API keeps them.

A `Kind` is all that a request needs: the path is made from it, never from text that came with an object.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar
from urllib.parse import quote

from penstock_core import names
from penstock_core.observed.base import Kept, Observed
from penstock_core.observed.data import ConfigMap, Secret
from penstock_core.observed.flow import Flow
from penstock_core.observed.instance import Instance
from penstock_core.observed.integration import Integration, IntegrationVersion
from penstock_core.observed.objects import Object
from penstock_core.observed.workload import Job, Pod

Value = TypeVar("Value", bound=Observed, covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """Group ("" is the core group), version and plural name of a resource."""

    group: str
    version: str
    plural: str
    namespaced: bool = True
    only_metadata: bool = False
    """Whether lists, watches and reads ask for nothing but the metadata of its objects."""

    def path(self, namespace: str | None = None, name: str | None = None, subresource: str = "") -> str:
        """The request path of a collection (no name) or an object; without a namespace, of all namespaces."""
        parts = ["api", self.version] if not self.group else ["apis", self.group, self.version]
        if self.namespaced and namespace:
            parts += ["namespaces", namespace]
        parts.append(self.plural)
        if name is not None:
            parts.append(name)
        if subresource:
            parts.append(subresource)
        return "/" + "/".join(quote(part, safe=":") for part in parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedKind(Kind, Generic[Value]):
    """A kind whose objects are kept as values; `parse` makes one of an object as the API server shows it."""

    parse: Callable[[Object], Value]


def _penstock(plural: str, parse: Callable[[Object], Value]) -> WatchedKind[Value]:
    return WatchedKind(group=names.GROUP, version=names.VERSION, plural=plural, parse=parse)


INTEGRATIONS: Final = _penstock("integrations", Integration.parse)
INTEGRATION_VERSIONS: Final = _penstock("integrationversions", IntegrationVersion.parse)
INSTANCES: Final = _penstock("instances", Instance.parse)
FLOWS: Final = _penstock("flows", Flow.parse)

PODS: Final = WatchedKind(group="", version="v1", plural="pods", parse=Pod.parse)
SECRETS: Final = WatchedKind(group="", version="v1", plural="secrets", parse=Secret.parse)
CONFIG_MAPS: Final = WatchedKind(group="", version="v1", plural="configmaps", parse=ConfigMap.parse)
CONFIG_MAPS_SEEN: Final = WatchedKind(
    group="", version="v1", plural="configmaps", parse=ConfigMap.seen, only_metadata=True
)
"""ConfigMaps as a watch of all of them asks for them: what is in one is read by who needs it."""
SERVICES: Final = Kind(group="", version="v1", plural="services")
SERVICE_ACCOUNTS: Final = Kind(group="", version="v1", plural="serviceaccounts")
RESOURCE_QUOTAS: Final = Kind(group="", version="v1", plural="resourcequotas")
NAMESPACES: Final = Kind(group="", version="v1", plural="namespaces", namespaced=False)
NODES: Final = Kind(group="", version="v1", plural="nodes", namespaced=False)
DEPLOYMENTS: Final = Kind(group="apps", version="v1", plural="deployments")
JOBS: Final = WatchedKind(group="batch", version="v1", plural="jobs", parse=Job.parse)
CRON_JOBS: Final = WatchedKind(group="batch", version="v1", plural="cronjobs", parse=Kept.parse)
LEASES: Final = Kind(group="coordination.k8s.io", version="v1", plural="leases")
ROLES: Final = Kind(group="rbac.authorization.k8s.io", version="v1", plural="roles")
ROLE_BINDINGS: Final = Kind(group="rbac.authorization.k8s.io", version="v1", plural="rolebindings")
CLUSTER_ROLES: Final = Kind(group="rbac.authorization.k8s.io", version="v1", plural="clusterroles", namespaced=False)
NETWORK_POLICIES: Final = Kind(group="networking.k8s.io", version="v1", plural="networkpolicies")
EVENTS: Final = Kind(group="events.k8s.io", version="v1", plural="events")
CRDS: Final = Kind(group="apiextensions.k8s.io", version="v1", plural="customresourcedefinitions", namespaced=False)
TOKEN_REVIEWS: Final = Kind(group="authentication.k8s.io", version="v1", plural="tokenreviews", namespaced=False)
SUBJECT_ACCESS_REVIEWS: Final = Kind(
    group="authorization.k8s.io", version="v1", plural="subjectaccessreviews", namespaced=False
)
