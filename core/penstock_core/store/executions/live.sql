-- name: wait_shortly
-- For this transaction: a lock that is not to be had within a second is left.
set local lock_timeout = '1s'

-- name: waiting
-- Flows with something queued, in the order of their keys, behind a given one, so many at most; a step of the recursion
-- is one look into the index, however long the flow's queue is.
with recursive
flow as (
    (
        select l.namespace, l.flow_uid, 1 as place
        from live_executions l
        where (l.namespace, l.flow_uid) > (%(namespace)s, %(flow_uid)s) and l.state = 'queued'
        order by l.namespace, l.flow_uid limit 1
    )
    union all
    select following.namespace, following.flow_uid, flow.place + 1
    from flow cross join lateral (
        select l.namespace, l.flow_uid
        from live_executions l
        where (l.namespace, l.flow_uid) > (flow.namespace, flow.flow_uid) and l.state = 'queued'
        order by l.namespace, l.flow_uid limit 1
    ) as following
    where flow.place < %(limit)s
),
busy as materialized (
    select l.namespace, l.flow_uid, count(*) as count
    from live_executions l
    where l.state in ('starting', 'running')
    group by l.namespace, l.flow_uid
)
select
    flow.namespace, flow.flow_uid, oldest.instance, oldest.flow, coalesce(busy.count, 0) as busy,
    coalesce((
        select true from live_executions l
        where l.namespace = flow.namespace and l.flow_uid = flow.flow_uid and l.state = 'queued'
            and (l.run_after is null or l.run_after <= now())
        order by l.id limit 1
    ), false) as due
from flow
cross join lateral (
    select l.instance, l.flow from live_executions l
    where l.namespace = flow.namespace and l.flow_uid = flow.flow_uid and l.state = 'queued'
    order by l.id limit 1
) as oldest
left join busy on busy.namespace = flow.namespace and busy.flow_uid = flow.flow_uid
order by flow.place

-- name: queued_in
-- What waits in a flow, due or not, oldest first.
select id from live_executions
where namespace = %(namespace)s and flow_uid = %(flow_uid)s and state = 'queued'
order by id limit %(limit)s

-- name: starting
-- What was to be started a while ago and has no runner yet.
select id, namespace, instance, instance_uid, flow, flow_uid, state_since as since, job_attempt, replaced_at
from live_executions
where state = 'starting' and state_since < now() - %(older)s * interval '1 second'
order by id

-- name: requeue_unstarted
-- Back to the queue, where no Job came of it.
update live_executions set state = 'queued', state_since = now()
where id = any(%(ids)s) and state = 'starting' and state_since < now() - %(older)s * interval '1 second'
returning id

-- name: expired
-- Running executions whose runner has not renewed its lease, or has not heeded a cancellation.
select
    id, namespace, instance, instance_uid, flow, flow_uid, epoch, coalesce(holder, '') as holder, lease_until,
    job_attempt, replaced_at, cancel_at
from live_executions
where state = 'running' and (
    lease_until < now() - %(grace)s * interval '1 second'
    or cancel_at < now() - %(cancel_grace)s * interval '1 second'
)
order by id

-- name: replaced
-- Counts a replacement Job; one caller wins, and a claim that came first.
update live_executions set job_attempt = %(job_attempt)s, replaced_at = now()
where id = %(id)s and job_attempt = %(job_attempt)s - 1
    and (%(epoch)s::integer is null or epoch = %(epoch)s::integer)

-- name: asked_again
-- Tells that the Job which was counted is asked for once more.
update live_executions set replaced_at = now()
where id = %(id)s and job_attempt = %(job_attempt)s and epoch = %(epoch)s

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
update live_executions set cancel = true, cancel_at = coalesce(cancel_at, now())
where id = %(id)s and state = 'running'
