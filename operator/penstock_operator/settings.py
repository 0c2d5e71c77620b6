"""The operator's settings: read once from the environment by `__main__`, then passed down."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from penstock_core.environment import Environment
from penstock_core.manifests.job import RunnerPod


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the chart tells the operator; see "Release settings" in docs/contracts.md. Empty tuples of namespaces mean none named."""

    release: str
    """The label value `<namespace>.<name>`."""
    release_name: str
    release_namespace: str
    watch_namespaces: tuple[str, ...]
    """Empty: all namespaces."""
    catalogue_namespaces: tuple[str, ...]
    runner_image: str
    runner_pull_policy: str
    public_url: str
    """Base of webhook URLs, without a trailing slash."""
    dsn: str
    database_role_prefix: str
    runner_database_host: str
    """host[:port] that runners use; empty: that of the DSN."""
    namespace_connections: int
    """Connections that the runners of one namespace may hold at a time."""
    gateway_database_secret: str
    """Name of the Secret, in the release's namespace, that the gateway waits for."""
    gateway_service_account: str
    runner_egress: tuple[Mapping[str, Any], ...]
    """Where runner pods may go: NetworkPolicyEgressRules; empty: wherever the cluster lets them."""
    jobs_role: str
    """ClusterRole that lets the gateway create Jobs where instances are; empty: no RoleBindings are made."""
    max_running: int
    """Executions that may start or run at once in the whole installation."""
    retention_days: int
    """The installation's longest retention."""
    port: int
    log_level: str
    pod: str
    """This replica's name: the holder of the Lease."""

    @property
    def runner(self) -> RunnerPod:
        """What every runner pod of the release has in common."""
        return RunnerPod(
            image=self.runner_image,
            pull_policy=self.runner_pull_policy,
            release=self.release,
            release_name=self.release_name,
        )

    @property
    def watched(self) -> tuple[str | None, ...]:
        """The namespaces to list and watch; a lone None stands for all of them."""
        return _watched(self.watch_namespaces, self.catalogue_namespaces)

    def serves(self, namespace: str) -> bool:
        """Whether Instances there are deployed; a namespace that is a catalogue only has Integrations to offer."""
        return not self.watch_namespaces or namespace in self.watch_namespaces


def _watched(watch: tuple[str, ...], catalogues: tuple[str, ...]) -> tuple[str | None, ...]:
    return tuple(dict.fromkeys((*watch, *catalogues))) if watch else (None,)


def watched_namespaces(variables: Mapping[str, str]) -> tuple[str | None, ...]:
    """`Settings.watched` of an environment that need not be complete, as in a hook."""
    given = Environment(variables)
    return _watched(given.names("PENSTOCK_WATCH_NAMESPACES"), given.names("PENSTOCK_CATALOGUE_NAMESPACES"))


def from_environment(variables: Mapping[str, str]) -> Settings:
    """Settings of a whole environment; raises SettingsError that names every variable that is missing or malformed."""
    given = Environment(variables)
    settings = Settings(
        release=given.required("PENSTOCK_RELEASE"),
        release_name=given.required("PENSTOCK_RELEASE_NAME"),
        release_namespace=given.required("PENSTOCK_RELEASE_NAMESPACE"),
        watch_namespaces=given.names("PENSTOCK_WATCH_NAMESPACES"),
        catalogue_namespaces=given.names("PENSTOCK_CATALOGUE_NAMESPACES"),
        runner_image=given.required("PENSTOCK_RUNNER_IMAGE"),
        runner_pull_policy=given.text("PENSTOCK_RUNNER_PULL_POLICY", default="IfNotPresent"),
        public_url=given.required("PENSTOCK_PUBLIC_URL").rstrip("/"),
        dsn=given.required("PENSTOCK_DSN"),
        database_role_prefix=given.required("PENSTOCK_DATABASE_ROLE_PREFIX"),
        runner_database_host=given.text("PENSTOCK_RUNNER_DATABASE_HOST"),
        namespace_connections=given.integer("PENSTOCK_NAMESPACE_CONNECTIONS", default=220),
        gateway_database_secret=given.text("PENSTOCK_GATEWAY_DATABASE_SECRET"),
        gateway_service_account=given.text("PENSTOCK_GATEWAY_SERVICE_ACCOUNT"),
        runner_egress=given.objects("PENSTOCK_RUNNER_EGRESS"),
        jobs_role=given.text("PENSTOCK_JOBS_ROLE"),
        max_running=given.integer("PENSTOCK_MAX_RUNNING", default=500),
        retention_days=given.integer("PENSTOCK_RETENTION_DAYS", default=30),
        port=given.integer("PENSTOCK_PORT", default=8080),
        log_level=given.text("PENSTOCK_LOG_LEVEL", default="info"),
        pod=given.text("PENSTOCK_POD") or given.text("HOSTNAME", default="operator"),
    )
    given.check()
    return settings
