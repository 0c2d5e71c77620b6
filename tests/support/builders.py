"""Objects and rows for tests, with what a test does not care about filled in.

They belong together: the Flow `hook` of the Instance `acme-orders` of the Integration `orders`, in the namespace `acme`.
Ages are seconds before `NOON`, where the operator's clock stands in tests.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from penstock_core import names, uuid7
from penstock_core.cluster import Object
from penstock_core.executions.states import ExecutionState
from penstock_core.store.executions.model import Expired, Starting
from penstock_core.store.flows.model import LastExecution

NOON: Final = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
RELEASE: Final = "penstock-system.penstock"
Clock = Callable[[], datetime]


def ago(seconds: float, *, now: datetime = NOON) -> str:
    """A time before `now` as Kubernetes writes it."""
    return (now - timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def instance(
    name: str = "acme-orders",
    *,
    namespace: str = "acme",
    uid: str = "u1",
    metadata: Mapping[str, Any] | None = None,
    **spec: Any,
) -> Object:
    """An Instance of `orders`; `metadata` and `spec` join or replace members."""
    base = {"integration": {"name": "orders"}, "customer": {"id": "acme"}}
    return _penstock("Instance", {"name": name, "namespace": namespace, "uid": uid}, metadata, base | spec)


def integration(
    version: str = "1.0.0", *, name: str = "orders", metadata: Mapping[str, Any] | None = None, **spec: Any
) -> Object:
    """An Integration without flows; `metadata` and `spec` join or replace members."""
    base = {"version": version, "flows": []}
    return _penstock("Integration", {"name": name, "namespace": "acme"}, metadata, base | spec)


def flow(
    name: str = "hook",
    *,
    instance: str = "acme-orders",
    namespace: str = "acme",
    uid: str = "f1",
    metadata: Mapping[str, Any] | None = None,
    **spec: Any,
) -> Object:
    """A Flow as the operator writes it, a webhook unless it has a schedule; `metadata` and `spec` join or replace members."""
    base = {
        "instance": instance,
        "instanceUid": "u1",
        "flow": name,
        "integration": {"name": "orders", "version": "1.0.0"},
        "customer": {"id": "acme"},
        "trigger": "schedule" if "schedule" in spec else "webhook",
        "paused": False,
        "timeoutSeconds": 60,
        "connections": [],
        "definitionHash": "9" * 64,
        "definition": {},
    }
    labels = {names.LABEL_RELEASE: RELEASE, names.LABEL_INSTANCE: instance, names.LABEL_FLOW: name}
    own = {"name": names.flow_object(instance, name), "namespace": namespace, "uid": uid, "labels": labels}
    return _penstock("Flow", own, metadata, base | spec)


def _penstock(kind: str, own: Object, metadata: Mapping[str, Any] | None, spec: Object) -> Object:
    return {"apiVersion": names.API_VERSION, "kind": kind, "metadata": own | dict(metadata or {}), "spec": spec}


def job(
    name: str = "pex-1",
    *,
    age: float = 60,
    deleted: float | None = None,
    condition: str | None = None,
    reason: str = "BackoffLimitExceeded",
    now: datetime = NOON,
) -> Object:
    """A Job; with `condition`, Complete or Failed, it is over."""
    metadata = {"name": name, "namespace": "acme", "creationTimestamp": ago(age, now=now)}
    if deleted is not None:
        metadata["deletionTimestamp"] = ago(deleted, now=now)
    conditions = [{"type": condition, "status": "True", "reason": reason, "message": "m"}] if condition else []
    return {"metadata": metadata, "status": {"conditions": conditions}}


def controller(name: str, uid: str, *, kind: str = "Job") -> Object:
    """The owner reference to a Job, or to a CronJob."""
    return {"apiVersion": "batch/v1", "kind": kind, "name": name, "uid": uid, "controller": True}


def pod(
    name: str = "p",
    *,
    phase: str = "Running",
    age: float = 60,
    started: float | None = None,
    ended: float | None = None,
    exit_code: int | None = None,
    reason: str | None = None,
    waiting: str | None = None,
    deleted: float | None = None,
    job_name: str = "pex-1",
    job_uid: str = "",
    **status: Any,
) -> Object:
    """A Job's pod with one container; `age`, `started`, `ended` and `deleted` are seconds ago."""
    metadata: Object = {"name": name, "creationTimestamp": ago(age), "ownerReferences": [controller(job_name, job_uid)]}
    if deleted is not None:
        metadata["deletionTimestamp"] = ago(deleted)
    seen = {"startedAt": started, "finishedAt": ended}
    times = {member: ago(seconds) for member, seconds in seen.items() if seconds is not None}
    state: Object = {"running": times} if times else {}
    if exit_code is not None:
        state = {"terminated": {"exitCode": exit_code, "reason": reason or "Error", **times}}
    elif waiting:
        state = {"waiting": {"reason": waiting, "message": "back-off"}}
    container = {"name": "runner", "state": state}
    spec = {"nodeName": "n1", "containers": [{"image": "img:1", "resources": {"limits": {"memory": "128Mi"}}}]}
    return {"metadata": metadata, "spec": spec, "status": {"phase": phase, "containerStatuses": [container]} | status}


def expired(clock: Clock = lambda: NOON, **changes: Any) -> Expired:
    """A running execution whose lease ran out ten seconds ago by the clock; `changes` replace fields."""
    values: dict[str, Any] = {
        "id": UUID(int=1),
        "namespace": "acme",
        "instance": "acme-orders",
        "instance_uid": "u1",
        "flow": "hook",
        "flow_uid": "f1",
        "epoch": 3,
        "holder": "pex-1-x",
        "lease_until": clock() - timedelta(seconds=10),
        "job_attempt": 1,
        "replaced_at": None,
        "cancel_at": None,
    }
    return Expired(**values | changes)


def starting(clock: Clock = lambda: NOON, *, number: int = 1, seconds: float = 60, **changes: Any) -> Starting:
    """An execution that left the queue `seconds` ago by the clock and has no runner; `changes` replace fields."""
    values: dict[str, Any] = {
        "id": UUID(int=number),
        "namespace": "acme",
        "instance": "acme-orders",
        "instance_uid": "u1",
        "flow": "hook",
        "flow_uid": "f1",
        "since": clock() - timedelta(seconds=seconds),
        "job_attempt": 1,
        "replaced_at": None,
        "cancel_at": None,
    }
    return Starting(**values | changes)


def last_execution(
    number: int,
    state: ExecutionState = ExecutionState.PASSED,
    *,
    flow: str = "hook",
    flow_uid: str = "f1",
    namespace: str = "acme",
    **changes: Any,
) -> LastExecution:
    """The execution number `number` of a flow: a higher one is newer; `changes` replace what it is else."""
    values: dict[str, Any] = {"started_at": NOON, "ended_at": None}
    return LastExecution(
        id=uuid7.new(number),
        namespace=namespace,
        instance="acme-orders",
        flow=flow,
        flow_uid=flow_uid,
        state=state,
        **values | changes,
    )
