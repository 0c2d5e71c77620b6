"""What the gateway is told from outside: read once, from the environment that the chart makes, and passed down."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from penstock_core.environment import Environment
from penstock_core.manifests.job import RunnerPod

_MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Sizes in bytes, times in seconds."""

    release: str
    """Label value of this installation, `<namespace>.<name>`: only its Flows and key Secrets are served."""
    release_namespace: str
    database_secret: str
    """Secret in the release's namespace whose field `dsn` the operator writes; waited for."""
    watch_namespaces: tuple[str, ...]
    """Namespaces whose Flows are served; empty: all."""
    runner: RunnerPod
    public_url: str = ""
    """Base of the URLs in answers; empty: paths alone."""
    max_body_bytes: int = 10 * _MIB
    max_buffered_bytes: int = 80 * _MIB
    """Of all request bodies that are being read or stored at one time; beyond it callers get 503."""
    host: str = "0.0.0.0"  # noqa: S104 - a pod is reached from outside
    port: int = 8080
    """Of webhooks and the REST API."""
    health_port: int = 8081
    """Of probes and metrics."""
    pool_size: int = 8
    """Database connections for acceptances; the API has four more."""
    prepare: bool = True
    """Whether acceptances use prepared statements; false behind a PgBouncer that pools transactions without them."""
    max_running: int = 500
    """Executions that may start or run at one time in the whole release; what comes beyond is queued."""
    token_audience: str = "penstock"  # noqa: S105 - no secret
    """What the API asks callers' tokens to be meant for."""
    accepts_cluster_tokens: bool = False
    """Whether tokens for the API server itself are good, too."""
    trust_proxy: str = ""
    """Addresses whose X-Forwarded-* headers are believed (comma list); empty: nobody's."""
    shutdown_seconds: int = 20
    """For requests in flight and Jobs not yet created, when the pod is told to end."""


def from_environment(variables: Mapping[str, str]) -> Settings:
    """Settings from the variables of docs/contracts.md; raises SettingsError that names every one that is missing or malformed."""
    given = Environment(variables)
    limit = given.integer("PENSTOCK_MAX_BODY_BYTES", default=10 * _MIB)
    release = given.required("PENSTOCK_RELEASE")
    settings = Settings(
        release=release,
        release_namespace=given.required("PENSTOCK_RELEASE_NAMESPACE"),
        database_secret=given.required("PENSTOCK_GATEWAY_DATABASE_SECRET"),
        watch_namespaces=given.names("PENSTOCK_WATCH_NAMESPACES"),
        runner=RunnerPod(
            image=given.required("PENSTOCK_RUNNER_IMAGE"),
            pull_policy=given.text("PENSTOCK_RUNNER_PULL_POLICY", default="IfNotPresent"),
            release=release,
            release_name=given.required("PENSTOCK_RELEASE_NAME"),
        ),
        public_url=given.text("PENSTOCK_PUBLIC_URL").rstrip("/"),
        max_body_bytes=limit,
        max_buffered_bytes=given.integer("PENSTOCK_MAX_BUFFERED_BYTES", default=8 * limit),
        host=given.text("PENSTOCK_HOST", default="0.0.0.0"),  # noqa: S104
        port=given.integer("PENSTOCK_PORT", default=8080),
        health_port=given.integer("PENSTOCK_HEALTH_PORT", default=8081),
        pool_size=given.integer("PENSTOCK_POOL_SIZE", default=8),
        prepare=given.flag("PENSTOCK_DATABASE_PREPARE", default=True),
        max_running=given.integer("PENSTOCK_MAX_RUNNING", default=500),
        token_audience=given.text("PENSTOCK_TOKEN_AUDIENCE", default="penstock"),
        accepts_cluster_tokens=given.flag("PENSTOCK_ACCEPT_CLUSTER_TOKENS", default=False),
        trust_proxy=given.text("PENSTOCK_TRUST_PROXY"),
        shutdown_seconds=given.integer("PENSTOCK_SHUTDOWN_SECONDS", default=20),
    )
    given.check()
    return settings
