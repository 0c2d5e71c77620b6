-- name: queued
-- What waits and is due, oldest first.
select id, namespace, instance, instance_uid, flow, flow_uid, run_after
from live_executions
where state = 'queued' and (run_after is null or run_after <= now())
order by id limit %(limit)s

-- name: start
-- Queued to starting, for a flow without a limit.
update live_executions set state = 'starting', state_since = now()
where id = %(id)s and state = 'queued'

-- name: starting
-- What was to be started a while ago and has no runner yet.
select id, namespace, instance, instance_uid, flow, flow_uid, state_since as since, job_attempt
from live_executions
where state = 'starting' and state_since < now() - %(older)s * interval '1 second'
order by id

-- name: requeue_unstarted
-- Back to the queue, where no Job came of it.
update live_executions set state = 'queued', state_since = now()
where state = 'starting' and state_since < now() - %(older)s * interval '1 second' and id <> all(%(with_job)s::uuid[])
returning id

-- name: expired
-- Running executions whose runner has not renewed its lease.
select
    id, namespace, instance, instance_uid, flow, flow_uid, epoch, coalesce(holder, '') as holder, lease_until,
    job_attempt, cancel
from live_executions
where state = 'running' and lease_until < now() - %(grace)s * interval '1 second'
order by id

-- name: replaced
-- Counts a replacement Job; one caller wins.
update live_executions set job_attempt = %(job_attempt)s
where id = %(id)s and job_attempt = %(job_attempt)s - 1

-- name: end
-- A final state by somebody who is not the runner, if it may follow the present one; closes steps that were running.
with
held as (
    select id from live_executions
    where id = %(id)s and state = any(%(before)s) and (%(epoch)s::integer is null or epoch = %(epoch)s::integer)
    for update
),
steps as (
    update step_results set
        status = %(step_status)s,
        ended_at = now(),
        duration_ms = greatest((extract(epoch from now() - step_results.started_at) * 1000)::bigint, 0),
        error_code = %(code)s,
        error_message = %(cause)s
    from held
    where step_results.execution_id = %(id)s and step_results.status = 'running'
    returning step_results.path
)
update executions set
    state = %(state)s,
    ended_at = now(),
    duration_ms = (extract(epoch from now() - started_at) * 1000)::bigint,
    error_code = %(code)s,
    error_message = %(cause)s,
    failed_step = coalesce((select path from steps order by length(path) desc, path limit 1), failed_step)
from held
where executions.id = %(id)s

-- name: mark_cancelled
-- The mark that a runner sees at its next renewal.
update live_executions set cancel = true where id = %(id)s and state = 'running'
