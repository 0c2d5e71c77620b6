"""The operator's settings: read once from the environment by `__main__`, then passed down."""

from collections.abc import Mapping
from dataclasses import dataclass

from penstock_core.manifests.job import RunnerPod
from penstock_operator.errors import SettingsError


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
    gateway_database_secret: str
    """Name of the Secret, in the release's namespace, that the gateway waits for."""
    gateway_service_account: str
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


def watched_namespaces(environment: Mapping[str, str]) -> tuple[str | None, ...]:
    """`Settings.watched` of an environment that need not be complete, as in a hook."""
    reader = _Reader(environment)
    return _watched(reader.names("PENSTOCK_WATCH_NAMESPACES"), reader.names("PENSTOCK_CATALOGUE_NAMESPACES"))


def from_environment(environment: Mapping[str, str]) -> Settings:
    """Settings of a whole environment; raises SettingsError that names every variable that is missing or malformed."""
    reader = _Reader(environment)
    settings = Settings(
        release=reader.required("PENSTOCK_RELEASE"),
        release_name=reader.required("PENSTOCK_RELEASE_NAME"),
        release_namespace=reader.required("PENSTOCK_RELEASE_NAMESPACE"),
        watch_namespaces=reader.names("PENSTOCK_WATCH_NAMESPACES"),
        catalogue_namespaces=reader.names("PENSTOCK_CATALOGUE_NAMESPACES"),
        runner_image=reader.required("PENSTOCK_RUNNER_IMAGE"),
        runner_pull_policy=environment.get("PENSTOCK_RUNNER_PULL_POLICY") or "IfNotPresent",
        public_url=reader.required("PENSTOCK_PUBLIC_URL").rstrip("/"),
        dsn=reader.required("PENSTOCK_DSN"),
        database_role_prefix=reader.required("PENSTOCK_DATABASE_ROLE_PREFIX"),
        runner_database_host=environment.get("PENSTOCK_RUNNER_DATABASE_HOST", ""),
        gateway_database_secret=environment.get("PENSTOCK_GATEWAY_DATABASE_SECRET", ""),
        gateway_service_account=environment.get("PENSTOCK_GATEWAY_SERVICE_ACCOUNT", ""),
        jobs_role=environment.get("PENSTOCK_JOBS_ROLE", ""),
        max_running=reader.integer("PENSTOCK_MAX_RUNNING", default=500),
        retention_days=reader.integer("PENSTOCK_RETENTION_DAYS", default=30),
        port=reader.integer("PENSTOCK_PORT", default=8080),
        log_level=environment.get("PENSTOCK_LOG_LEVEL") or "info",
        pod=environment.get("PENSTOCK_POD") or environment.get("HOSTNAME") or "operator",
    )
    reader.check()
    return settings


class _Reader:
    """Reads variables and remembers what is wrong with them, so that all of it is told at once."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._problems: list[str] = []

    def required(self, name: str) -> str:
        value = self._environment.get(name, "")
        if not value:
            self._problems.append(f"{name} is not set")
        return value

    def names(self, name: str) -> tuple[str, ...]:
        return tuple(part.strip() for part in self._environment.get(name, "").split(",") if part.strip())

    def integer(self, name: str, *, default: int) -> int:
        text = self._environment.get(name) or str(default)
        if not text.isdecimal() or int(text) < 1:
            self._problems.append(f"{name} is {text!r}: give a whole number of 1 or more")
            return default
        return int(text)

    def check(self) -> None:
        if self._problems:
            raise SettingsError("; ".join(self._problems))
