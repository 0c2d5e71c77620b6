"""What the gateway counts, in one registry that is passed in. Labels are few and fixed: nothing a caller sends becomes one.

How to add a metric: what happens is counted by a member made here, under a name that begins with `penstock_gateway_`; what can be
read of the parts when it is scraped is a line of `server.gateway.GAUGES`.
"""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

RESULTS = ("accepted", "repeated", "rejected", "unavailable", "failed", "disconnected")
REFUSALS = ("no_such_flow", "no_credential", "key_unknown", "signature_wrong", "signature_out_of_time")
JOB_RESULTS = ("created", "exists", "refused", "unavailable", "no_flow", "dropped")


class Metrics:
    """Children are looked up once, here: a labelled look-up costs as much as a small request's routing."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        webhooks = Counter(
            "penstock_gateway_webhooks_total", "Webhook requests by result", ["result"], registry=registry
        )
        self.webhooks = {result: webhooks.labels(result) for result in RESULTS}
        refusals = Counter(
            "penstock_gateway_refusals_total",
            "Webhook requests answered with 401 by cause",
            ["cause"],
            registry=registry,
        )
        self.refusals = {cause: refusals.labels(cause) for cause in REFUSALS}
        self.webhook_seconds = Histogram(
            "penstock_gateway_webhook_seconds",
            "Seconds from a webhook's headers to its answer",
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
            registry=registry,
        )
        self.batch_size = Histogram(
            "penstock_gateway_batch_size",
            "Acceptances committed together",
            buckets=(1, 2, 4, 8, 16, 32, 64),
            registry=registry,
        )
        jobs = Counter("penstock_gateway_jobs_total", "Jobs asked for, by result", ["result"], registry=registry)
        self.jobs = {result: jobs.labels(result) for result in JOB_RESULTS}
        self.job_seconds = Histogram(
            "penstock_gateway_job_create_seconds", "Seconds from a durable row to its Job", registry=registry
        )
        self._put_aside = Counter(
            "penstock_rows_put_aside_total",
            "Rows of the database that cannot be understood, by who reads them",
            ["reader"],
            registry=registry,
        )
        self._gauges = Gauge(
            "penstock_gateway_reflector_lag_seconds",
            "Seconds since the API server was heard, by watched resource",
            ["resource"],
            registry=registry,
        )

    def put_aside(self, reader: str) -> None:
        """A row could not be understood; readers are fixed words."""
        self._put_aside.labels(reader).inc()

    def watch_lag(self, resource: str, lag: Callable[[], float]) -> None:
        """Export the lag of one watched resource, read when it is scraped."""
        self._gauges.labels(resource).set_function(lag)

    def gauge(self, name: str, about: str, read: Callable[[], float]) -> None:
        """Export a value that is read when it is scraped."""
        Gauge(f"penstock_gateway_{name}", about, registry=self.registry).set_function(read)
