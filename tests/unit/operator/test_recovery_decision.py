"""What is done about executions that nobody seems to work on: one table of situations and decisions."""

from datetime import timedelta
from typing import Any

import pytest

from builders import NOON, ago, job, pod
from penstock_core.cluster import Object
from penstock_core.executions.states import ExecutionState
from penstock_core.observed.workload import Job, Pod
from penstock_operator.executions.recovery_decision import Decision, End, Replace, Requeue, Subject, Wait, decide


def subject(
    attempt: int, *, since: float, claimed: bool, replaced: float, cancelled: float | None = None, holder: str = ""
) -> Subject:
    """`since`, `replaced` and `cancelled` are seconds ago."""
    return Subject(
        claimed=claimed,
        job="pex-1" if attempt == 1 else f"pex-1-{attempt}",
        attempt=attempt,
        since=NOON - timedelta(seconds=since),
        replaced_at=None if attempt == 1 else NOON - timedelta(seconds=replaced),
        holder=holder,
        cancel_at=None if cancelled is None else NOON - timedelta(seconds=cancelled),
    )


def lost(
    attempt: int = 1, *, silent: float = 10, replaced: float = 600, cancelled: float | None = None, holder: str = "p"
) -> Subject:
    return subject(attempt, since=silent, claimed=True, replaced=replaced, cancelled=cancelled, holder=holder)


def unstarted(seconds: float, attempt: int = 1, *, replaced: float = 0, cancelled: float | None = None) -> Subject:
    return subject(attempt, since=seconds, claimed=False, replaced=replaced, cancelled=cancelled)


def decision_on(found: Subject, *, jobs: list[Object], pods: list[Object]) -> Decision:
    """At noon, of Jobs and pods as the API server shows them."""
    return decide(found, jobs=[Job.parse(one) for one in jobs], pods=[Pod.parse(one) for one in pods], now=NOON)


def outcome(found: Subject, jobs: list[Object], pods: list[Object]) -> str | tuple[str, ...]:
    decision = decision_on(found, jobs=jobs, pods=pods)
    if isinstance(decision, End):
        return "end", str(decision.state), decision.cause.code
    if isinstance(decision, Replace):
        return "replace", decision.cause.code
    return "requeue" if isinstance(decision, Requeue) else "wait"


DISRUPTED: dict[str, Any] = {"conditions": [{"type": "DisruptionTarget", "status": "True", "message": "drained"}]}
SCHEDULED = {"type": "PodScheduled", "status": "True"}
UNSCHEDULABLE: dict[str, Any] = {"conditions": [{"type": "PodScheduled", "status": "False", "message": "0/1 nodes"}]}

TABLE: dict[str, tuple[Subject, list[Object], list[Object], str | tuple[str, ...]]] = {
    "a live pod protects its execution": (lost(), [job()], [pod()], "wait"),
    "a pod that is silent for too long is cut off": (lost(silent=91), [job()], [pod()], ("replace", "cut_off")),
    "a killed pod is replaced at once": (lost(), [job()], [pod(phase="Failed", exit_code=137)], ("replace", "killed")),
    "a container that ended counts as ended before its pod does": (
        lost(),
        [job()],
        [pod(exit_code=1)],
        ("replace", "runner_failed"),
    ),
    "a pod that hangs in deletion has ended": (lost(), [job()], [pod(deleted=11)], ("replace", "pod_gone")),
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
        lost(cancelled=5),
        [job()],
        [pod(phase="Failed", exit_code=75)],
        ("end", "cancelled", "cancelled"),
    ),
    "a cancelled one whose pod cannot start ends as cancelled": (
        unstarted(6, cancelled=1),
        [job()],
        [pod(phase="Pending", **UNSCHEDULABLE)],
        ("end", "cancelled", "cancelled"),
    ),
    "a cancelled one without a Job is not queued again": (
        unstarted(31, cancelled=1),
        [],
        [],
        ("end", "cancelled", "cancelled"),
    ),
    "a runner that begins sees the mark itself": (unstarted(6, cancelled=1), [job()], [pod()], "wait"),
    "a runner has a minute to heed a cancellation": (lost(silent=-10, cancelled=59), [job()], [pod()], "wait"),
    "a runner that does not heed a cancellation is not waited for": (
        lost(silent=-10, cancelled=61),
        [job()],
        [pod()],
        ("end", "cancelled", "cancelled"),
    ),
    "a cancelled one gets no replacement that is missing": (
        lost(2, silent=100, replaced=40, cancelled=5),
        [],
        [],
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
    "a replacement is not blamed for the silence of the one before": (
        lost(2, silent=200, replaced=40, holder="old"),
        [job("pex-1-2", age=39)],
        [pod(started=20, job_name="pex-1-2")],
        "wait",
    ),
    "a replacement on its way is waited for though the pod before says that it runs": (
        lost(2, silent=200, replaced=40, holder="old"),
        [job("pex-1-2", age=39)],
        [pod("old", age=600), pod(phase="Pending", age=38, job_name="pex-1-2")],
        "wait",
    ),
    "a replacement that never claims ends it": (
        lost(2, silent=300, replaced=200, holder="old"),
        [job("pex-1-2", age=199)],
        [pod(started=151, job_name="pex-1-2")],
        ("end", "failed", "database_unreachable"),
    ),
    "a runner has time to reach the database": (unstarted(170), [job(age=169)], [pod(age=168, started=149)], "wait"),
    "a runner that never claims is replaced once": (
        unstarted(170),
        [job(age=169)],
        [pod(age=168, started=151)],
        ("replace", "database_unreachable"),
    ),
    "runners that give up are counted together": (
        unstarted(400, 2, replaced=200),
        [job("pex-1-2", age=199)],
        [
            pod("a", phase="Failed", exit_code=75, started=190, ended=70, job_name="pex-1-2"),
            pod("b", started=31, job_name="pex-1-2"),
        ],
        ("end", "failed", "database_unreachable"),
    ),
    "the time that a pod waits for a node is no attempt to claim": (
        unstarted(400, 2, replaced=350),
        [job("pex-1-2", age=349)],
        [
            pod("a", phase="Failed", exit_code=75, started=340, ended=300, job_name="pex-1-2"),
            pod("b", age=299, started=5, job_name="pex-1-2"),
        ],
        "wait",
    ),
    "a replacement's Job that is not seen yet is waited for": (
        lost(2, silent=40, replaced=3),
        [job(condition="Failed")],
        [pod(phase="Failed", exit_code=137)],
        "wait",
    ),
    "a replacement's Job that is not seen for long is made again": (
        lost(2, silent=60, replaced=31),
        [job()],
        [pod(phase="Failed", exit_code=137)],
        ("replace", "job_missing"),
    ),
    "a replacement of what nobody claimed is made again, too": (
        unstarted(60, 2, replaced=31),
        [],
        [],
        ("replace", "job_missing"),
    ),
    "a replacement that claimed and is gone is lost": (
        lost(2, silent=20, replaced=40),
        [job(condition="Failed")],
        [],
        ("end", "failed", "job_failed"),
    ),
    "a pod lost from a Job that is old is waited for": (lost(), [job(age=3600)], [], "wait"),
    "an image has its minute from when the pod has a node": (
        unstarted(131),
        [job(age=131)],
        [
            pod(
                phase="Pending",
                age=130,
                waiting="ErrImagePull",
                conditions=[{**SCHEDULED, "lastTransitionTime": ago(59)}],
            )
        ],
        "wait",
    ),
    "an image has no more than its minute with a node": (
        unstarted(131),
        [job(age=131)],
        [
            pod(
                phase="Pending",
                age=130,
                waiting="ErrImagePull",
                conditions=[{**SCHEDULED, "lastTransitionTime": ago(61)}],
            )
        ],
        ("end", "failed", "image"),
    ),
    "a runner that crashes before it claims is replaced once": (
        unstarted(20),
        [job(condition="Failed")],
        [pod(phase="Failed", exit_code=1)],
        ("replace", "runner_failed"),
    ),
}


@pytest.mark.parametrize("situation", TABLE)
def test_decision(situation: str) -> None:
    """Each situation of the table has its decision."""
    found, jobs, pods, expected = TABLE[situation]

    assert expected == outcome(found, jobs, pods)


def test_cause_names_the_memory_limit() -> None:
    """An execution killed for memory says how much it was allowed."""
    decision = decision_on(lost(), jobs=[job()], pods=[pod(phase="Failed", exit_code=137, reason="OOMKilled")])

    assert isinstance(decision, End)
    assert decision.state is ExecutionState.FAILED
    assert decision.cause.words == "the container was killed for memory: limit 128Mi"


def test_hindrance_is_told_while_it_lasts() -> None:
    """What keeps a pod from starting is known before its time is over."""
    decision = decision_on(
        unstarted(20), jobs=[job(age=20)], pods=[pod(phase="Pending", age=20, waiting="ErrImagePull")]
    )

    assert isinstance(decision, Wait)
    assert decision.cause is not None
    assert decision.cause.words == "the image img:1 cannot be pulled (ErrImagePull): back-off"


def test_a_replacement_that_is_missing_keeps_its_number() -> None:
    """What the row counts already is not counted again."""
    decision = decision_on(lost(2, silent=60, replaced=31), jobs=[], pods=[])

    assert isinstance(decision, Replace)
    assert decision.attempt == 2
