"""What the gateway is told from outside: read once, from the environment that the chart makes, and passed down."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from penstock_core.manifests.job import RunnerPod

_MIB: Final = 1024 * 1024


class SettingsError(Exception):
    """A variable is missing or malformed; the message names it."""


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
    pool_size: int = 8
    """Database connections for acceptances; the API has four more."""
    prepare: bool = True
    """Whether acceptances use prepared statements; false behind a PgBouncer that pools transactions without them."""
    max_running: int = 500
    """Executions that may start or run at one time in the whole release; what comes beyond is queued."""
    trust_proxy: str = ""
    """Addresses whose X-Forwarded-* headers are believed (comma list); empty: nobody's."""
    shutdown_seconds: int = 20
    """For requests in flight and Jobs not yet created, when the pod is told to end."""


def from_environment(environment: Mapping[str, str]) -> Settings:
    """Settings from the variables of docs/contracts.md; raises SettingsError with the variable's name."""
    return Settings(
        release=_required(environment, "PENSTOCK_RELEASE"),
        release_namespace=_required(environment, "PENSTOCK_RELEASE_NAMESPACE"),
        database_secret=_required(environment, "PENSTOCK_GATEWAY_DATABASE_SECRET"),
        watch_namespaces=_names(environment.get("PENSTOCK_WATCH_NAMESPACES", "")),
        runner=RunnerPod(
            image=_required(environment, "PENSTOCK_RUNNER_IMAGE"),
            pull_policy=environment.get("PENSTOCK_RUNNER_PULL_POLICY", "IfNotPresent"),
            release=_required(environment, "PENSTOCK_RELEASE"),
            release_name=_required(environment, "PENSTOCK_RELEASE_NAME"),
        ),
        public_url=environment.get("PENSTOCK_PUBLIC_URL", "").rstrip("/"),
        max_body_bytes=(limit := _number(environment, "PENSTOCK_MAX_BODY_BYTES", 10 * _MIB)),
        max_buffered_bytes=_number(environment, "PENSTOCK_MAX_BUFFERED_BYTES", 8 * limit),
        host=environment.get("PENSTOCK_HOST") or "0.0.0.0",  # noqa: S104
        port=_number(environment, "PENSTOCK_PORT", 8080),
        pool_size=_number(environment, "PENSTOCK_POOL_SIZE", 8),
        prepare=environment.get("PENSTOCK_DATABASE_PREPARE", "true").lower() != "false",
        max_running=_number(environment, "PENSTOCK_MAX_RUNNING", 500),
        trust_proxy=environment.get("PENSTOCK_TRUST_PROXY", ""),
        shutdown_seconds=_number(environment, "PENSTOCK_SHUTDOWN_SECONDS", 20),
    )


def _required(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "")
    if not value:
        raise SettingsError(f"the environment variable {name} is not set; the chart sets it")
    return value


def _number(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name) or str(default)
    try:
        number = int(text)
    except ValueError as error:
        raise SettingsError(f"the environment variable {name} must be a whole number, not {text!r}") from error
    if number <= 0:
        raise SettingsError(f"the environment variable {name} must be above 0, not {text!r}")
    return number


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())
