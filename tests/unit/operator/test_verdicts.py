"""What is done about executions that nobody seems to work on: one table of situations and verdicts."""

from datetime import UTC, datetime, timedelta

import pytest

from penstock_core.states import ExecutionState
from penstock_operator.verdicts import End, Replace, Requeue, Subject, Wait, judge

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def ago(seconds):
    return (NOW - timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def job(name="pex-1", *, age=60, condition=None, reason="BackoffLimitExceeded", deleted=False):
    metadata = {"name": name, "creationTimestamp": ago(age)}
    if deleted:
        metadata["deletionTimestamp"] = ago(1)
    conditions = [{"type": condition, "status": "True", "reason": reason, "message": "m"}] if condition else []
    return {"metadata": metadata, "status": {"conditions": conditions}}


def pod(
    name="p",
    *,
    phase="Running",
    age=60,
    exit_code=None,
    reason=None,
    waiting=None,
    deleted=None,
    job_name="pex-1",
    **status,
):
    metadata = {"name": name, "creationTimestamp": ago(age), "labels": {"batch.kubernetes.io/job-name": job_name}}
    if deleted is not None:
        metadata["deletionTimestamp"] = ago(deleted)
    state = {}
    if exit_code is not None:
        state = {"terminated": {"exitCode": exit_code, "reason": reason or "Error"}}
    elif waiting:
        state = {"waiting": {"reason": waiting, "message": "back-off"}}
    container = {"name": "runner", "state": state}
    spec = {"nodeName": "n1", "containers": [{"image": "img:1", "resources": {"limits": {"memory": "128Mi"}}}]}
    return {"metadata": metadata, "spec": spec, "status": {"phase": phase, "containerStatuses": [container]} | status}


def lost(attempt=1, *, silent=10, cancel=False):
    return Subject(claimed=True, attempt=attempt, since=NOW - timedelta(seconds=silent), cancel=cancel)


def unstarted(seconds, attempt=1):
    return Subject(claimed=False, attempt=attempt, since=NOW - timedelta(seconds=seconds))


def outcome(subject, jobs, pods):
    verdict = judge(subject, jobs=jobs, pods=pods, now=NOW)
    if isinstance(verdict, End):
        return "end", str(verdict.state), verdict.cause.code
    if isinstance(verdict, Replace):
        return "replace", verdict.cause.code
    return "requeue" if isinstance(verdict, Requeue) else "wait"


DISRUPTED = {"conditions": [{"type": "DisruptionTarget", "status": "True", "message": "drained"}]}
UNSCHEDULABLE = {"conditions": [{"type": "PodScheduled", "status": "False", "message": "0/1 nodes"}]}

TABLE = {
    "a live pod protects its execution": (lost(), [job()], [pod()], "wait"),
    "a pod that is silent for too long is cut off": (lost(silent=91), [job()], [pod()], ("replace", "cut_off")),
    "a killed pod is replaced at once": (lost(), [job()], [pod(phase="Failed", exit_code=137)], ("replace", "killed")),
    "a container that ended counts as dead before its pod does": (
        lost(),
        [job()],
        [pod(exit_code=1)],
        ("replace", "runner_failed"),
    ),
    "a pod that hangs in deletion is dead": (lost(), [job()], [pod(deleted=11)], ("replace", "pod_gone")),
    "a pod that is being deleted may still be alive": (lost(), [job()], [pod(deleted=-20)], "wait"),
    "memory ends it: a replacement would meet it again": (
        lost(),
        [job()],
        [pod(phase="Failed", exit_code=137, reason="OOMKilled")],
        ("end", "failed", "out_of_memory"),
    ),
    "a Job deleted by hand is replaced once": (lost(), [], [], ("replace", "job_gone")),
    "a Job deleted by hand twice ends it": (lost(2), [], [], ("end", "failed", "job_gone")),
    "a second crash ends it": (
        lost(2),
        [job()],
        [pod(phase="Failed", exit_code=1)],
        ("end", "failed", "runner_failed"),
    ),
    "a second disruption is left to the Job controller": (
        lost(2),
        [job("pex-1-2")],
        [pod(phase="Failed", exit_code=75, job_name="pex-1-2", **DISRUPTED)],
        "wait",
    ),
    "a disruption of a Job that gave up ends it": (
        lost(2),
        [job("pex-1-2", condition="Failed")],
        [pod(phase="Failed", job_name="pex-1-2", exit_code=137)],
        ("end", "failed", "killed"),
    ),
    "a replacement whose pod is not there yet is waited for": (
        lost(2),
        [job(), job("pex-1-2", age=3)],
        [pod(phase="Failed", exit_code=1)],
        "wait",
    ),
    "the Job's deadline ends it as timed out": (
        lost(),
        [job(condition="Failed", reason="DeadlineExceeded")],
        [],
        ("end", "timed_out", "deadline"),
    ),
    "a cancelled one ends as cancelled": (
        lost(cancel=True),
        [job()],
        [pod(phase="Failed", exit_code=75)],
        ("end", "cancelled", "cancelled"),
    ),
    "a lost node's pod is replaced": (
        lost(),
        [job()],
        [pod(phase="Failed", reason="NodeLost")],
        ("replace", "node_lost"),
    ),
    "what was never started goes back to the queue": (unstarted(31), [], [], "requeue"),
    "what is about to start is waited for": (unstarted(10), [], [], "wait"),
    "an image that cannot be pulled has a minute": (
        unstarted(50),
        [job(age=50)],
        [pod(phase="Pending", age=50, waiting="ErrImagePull")],
        "wait",
    ),
    "an image that cannot be pulled ends it after a minute": (
        unstarted(61),
        [job(age=61)],
        [pod(phase="Pending", age=61, waiting="ImagePullBackOff")],
        ("end", "failed", "image"),
    ),
    "a pod without a node has five minutes": (
        unstarted(200),
        [job(age=200)],
        [pod(phase="Pending", age=200, **UNSCHEDULABLE)],
        "wait",
    ),
    "a pod without a node ends it after five minutes": (
        unstarted(301),
        [job(age=301)],
        [pod(phase="Pending", age=301, **UNSCHEDULABLE)],
        ("end", "failed", "unschedulable"),
    ),
    "a Job without any pod ends it after five minutes": (
        unstarted(302),
        [job(age=301)],
        [],
        ("end", "failed", "no_pod"),
    ),
    "a runner that crashes before it claims is replaced once": (
        unstarted(20),
        [job(condition="Failed")],
        [pod(phase="Failed", exit_code=1)],
        ("replace", "runner_failed"),
    ),
}


@pytest.mark.parametrize("situation", TABLE)
def test_verdict(situation):
    """Each situation of the table has its verdict."""
    subject, jobs, pods, expected = TABLE[situation]

    assert expected == outcome(subject, jobs, pods)


def test_cause_names_the_memory_limit():
    """An execution killed for memory says how much it was allowed."""
    verdict = judge(lost(), jobs=[job()], pods=[pod(phase="Failed", exit_code=137, reason="OOMKilled")], now=NOW)

    assert isinstance(verdict, End)
    assert verdict.state is ExecutionState.FAILED
    assert verdict.cause.words == "the container was killed for memory: limit 128Mi"


def test_hindrance_is_told_while_it_lasts():
    """What keeps a pod from starting is known before its time is over."""
    verdict = judge(
        unstarted(20), jobs=[job(age=20)], pods=[pod(phase="Pending", age=20, waiting="ErrImagePull")], now=NOW
    )

    assert isinstance(verdict, Wait)
    assert verdict.cause is not None
    assert verdict.cause.words == "the image img:1 cannot be pulled (ErrImagePull): back-off"
