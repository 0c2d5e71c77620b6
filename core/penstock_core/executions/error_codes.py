"""Every code that the error of an execution or of a step may have: what happened, and what to do about it.

Codes are for programs and alerts, so none is ever renamed. Who fails takes one of these; a test finds codes that are not here,
and docs/operations.md lists them in the same words.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple


class ErrorCode(NamedTuple):
    """A code's meaning and remedy, each without a full stop."""

    happened: str
    remedy: str


_ACTIONS: Final = {
    "assertion_failed": ErrorCode("one of the step's `assert` does not hold", "`include=steps` shows each with both of its sides; see what the other side answered"),
    "check_failed": ErrorCode("one of the conditions of a `check` does not hold", "`include=steps` shows each with both of its sides"),
    "connect": ErrorCode("no connection to the other side", "check address, port and NetworkPolicy; the message has the system's words"),
    "connect_timeout": ErrorCode("the other side does not take connections", "check address, port and NetworkPolicy"),
    "connection_broken": ErrorCode("the connection broke before the answer was complete", "see whether the other side restarted or ended it; retry where the request may be repeated"),
    "connection_field_missing": ErrorCode("in executions of release 0.1: a field of a connection's Secret is not there, now `connection_unusable`", "the message names connection and field: add the key to the Secret"),
    "connection_missing": ErrorCode("in executions of release 0.1: the step names a connection that is not there, now `connection_unusable`", "declare it in `spec.connections`, or correct the name"),
    "connection_type": ErrorCode("the step cannot use a connection of this type", "name another connection"),
    "connection_unusable": ErrorCode("a connection is not set by the Instance, its Secret is gone, has no label, lacks a field or has an empty one, or holds what no header can", "the message names Secret, field and cure; `Configured` says which"),
    "dns": ErrorCode("the other side's name cannot be resolved", "check the address and the cluster's DNS"),
    "expression_error": ErrorCode("an expression could not be evaluated", "the message has the field, the part that failed and its values"),
    "extract_failed": ErrorCode("an `extract` found nothing in the step's output, or its path cannot be used", "`/output` of the attempt shows what there was"),
    "http_body_undecodable": ErrorCode("the answer's body is not what its headers say", "let the other side correct it, or take the body as `bytes` or `text`"),
    "http_redirects": ErrorCode("too many redirects, or one that must not be followed", "the message has the address: name the last one in `http.url`"),
    "http_response_too_large": ErrorCode("the answer is larger than `maxResponseBytes`", "raise it, or ask for less"),
    "http_status": ErrorCode("the answer's status is not one of `expectStatus`", "the message has method, address and answer; `/output` of the attempt what the other side said"),
    "invalid_input": ErrorCode("a field of the step has a value that it cannot have", "the message has the field and the value"),
    "items_failed": ErrorCode("items of a `forEach` failed", "the message has the first: its step's path leads to its own error"),
    "python_died": ErrorCode("the process of a python step ended instead of returning", "the message has the signal or the exit code; raise `flows.NAME.resources.limits.memory` on the Instance where it was memory"),
    "python_error": ErrorCode("the code of a python step raised an exception", "the message has the exception and its line"),
    "python_malformed": ErrorCode("the code of a python step wrote into the pipe by which its process answers", "leave descriptors alone that the code did not open"),
    "python_processes": ErrorCode("the code of a python step had too many processes at a time", "start fewer of them at a time"),
    "python_result_too_large": ErrorCode("the result of a python step is too large", "return less"),
    "step_failed": ErrorCode("a step of a `branch` failed", "the message has the step's path, which leads to its own error"),
    "stopped": ErrorCode("a `stop` step ended the flow as failed", "the message is the step's own"),
    "tls": ErrorCode("TLS with the other side failed", "see the message: the certificate, its name, or a port that speaks no TLS"),
    "trigger_body": ErrorCode("the body of the webhook does not parse", "the message has line and column; `/trigger` has the body as it came"),
    "unknown_action": ErrorCode("the runner does not know the step's action", "bring the release's images to one version"),
}  # fmt: skip
_OF_A_RUN: Final = {
    "abandoned": ErrorCode("nobody waited for the step's answer any more", "see why: a timeout, or a cancellation"),
    "cancelled": ErrorCode("somebody asked for it; where the message says so, the runner did not end within a minute", "nothing; if the runner did not end, keep the pod's log"),
    "completed_with_errors": ErrorCode("steps failed whose `onError` says to go on", "the message names the first; `include=steps` shows all"),
    "internal_error": ErrorCode("a defect in Penstock", "report the message"),
    "interrupted": ErrorCode("of an attempt: the runner stopped or was lost meanwhile, and what it did outside is not known", "see the next attempt, and the other side"),
    "timeout": ErrorCode("the `timeout` of the flow or the step passed", "see the step; raise it, or the number of parallel items"),
    "recorded_result_cut": ErrorCode("a runner was lost, and its replacement would need a result of more than 16 MiB, of which only a part is recorded", "let the step that the message names give less, or `extract` in it what later steps read; then send the trigger again"),
    "recorded_result_masked": ErrorCode("likewise, of a result or an error in which a connection's secret stood, which no record keeps", "`extract` in the step that the message names what later steps read, without the secret; then see what was done, and send the trigger again"),
    "recorded_result_left_out": ErrorCode("likewise, of a result that the step's `record` keeps from the record", "record that step in full, or read nothing of it later; then see what was done, and send the trigger again"),
}  # fmt: skip
_NODES: Final = "look at the nodes"
_LOST: Final = {
    "container": ErrorCode("the container cannot be made", "see the message: a Secret, a name, the node; words of the container runtime are not kept, since they may hold what was in a Secret: the pod's events have them (`kubectl -n NAMESPACE describe pod -l penstock.dev/execution=ID`)"),
    "cut_off": ErrorCode("the runner has not been heard for longer than its lease allows, nor was its replacement", _NODES),
    "database_unreachable": ErrorCode("the runners ran for minutes without reaching the database, those of the replacement too", "NetworkPolicies of the namespace, `postgres.runnerHost`; the pod's log has the driver's words"),
    "deadline": ErrorCode("the Job's deadline passed", "raise the flow's `timeout`"),
    "disrupted": ErrorCode("the pod was stopped from outside, and so was its replacement's", _NODES),
    "evicted": ErrorCode("the pod was evicted, and so was its replacement's", _NODES),
    "flow_removed": ErrorCode("the Flow was removed before the execution began", "nothing: that is what was asked for"),
    "handed_over": ErrorCode("the runner was stopped and left the rest to a replacement, which was lost", _NODES),
    "image": ErrorCode("the runner's image could not be pulled within a minute after the pod had a node", "see the message; check `images.runner` of the release and the namespace's pull secrets"),
    "job_failed": ErrorCode("the Job failed, and so did its replacement", "see the message; keep the pod's log"),
    "job_gone": ErrorCode("the Job was deleted, and so was its replacement", "find out who deletes Jobs"),
    "job_missing": ErrorCode("the Job of the replacement could not be created", "see the quotas and admission policies of the namespace"),
    "job_refused": ErrorCode("the API server calls the execution's Job invalid; the message has its words", "correct what it names, most likely `flows.NAME.resources` on the Instance; then send the trigger again"),
    "killed": ErrorCode("the container was killed, and so was its replacement's", _NODES),
    "no_pod": ErrorCode("the Job made no pod for five minutes", "see the message, and the events of the Job: `kubectl -n NAMESPACE describe job -l penstock.dev/execution=ID`"),
    "node_lost": ErrorCode("the pod's node was lost, and so was its replacement's", _NODES),
    "not_started": ErrorCode("the pod was placed and did not start for five minutes", "see the message, and the events of the Job: `kubectl -n NAMESPACE describe job -l penstock.dev/execution=ID`"),
    "out_of_memory": ErrorCode("the container was killed for memory; the message has the limit", "raise `flows.NAME.resources.limits.memory` on the Instance"),
    "pod_gone": ErrorCode("the pod vanished, and so did its replacement's", _NODES),
    "runner_failed": ErrorCode("the runner ended with an exit code of its own", "a defect: keep the pod's log and report it"),
    "unschedulable": ErrorCode("no node took the pod for five minutes", "see the message: requests, quotas, taints"),
}  # fmt: skip
_SKIPPED: Final = {
    "missed": ErrorCode("the tick of a schedule was due while no Job could be created for it", "find out what kept the schedule from starting then; ticks are not made up for"),
    "overlap": ErrorCode("a tick was due while an earlier execution of the flow had not ended", "nothing, or set the schedule's `overlap`"),
    "paused": ErrorCode("a tick was due while the flow was paused", "nothing"),
}  # fmt: skip
ERROR_CODES: Final[Mapping[str, ErrorCode]] = {**_ACTIONS, **_OF_A_RUN, **_LOST, **_SKIPPED}
"""By code: of actions, of a run as a whole, of what was lost or never began, and of ticks that were skipped."""
