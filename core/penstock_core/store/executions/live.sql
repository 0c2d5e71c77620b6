-- name: take_slot
-- Holds the row of a flow's slots until the end of the transaction, unless somebody else does.
select from flow_slots where namespace = %(namespace)s and flow_uid = %(flow_uid)s for update skip locked

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
    flow.namespace, flow.flow_uid, left(oldest.instance, 253) as instance, left(oldest.flow, 253) as flow,
    coalesce(busy.count, 0) as busy,
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
-- What was to be started a while ago and has no runner yet; namespaces in turn, so that no crowd of one holds up another.
select
    l.id, l.namespace, left(l.instance, 253) as instance, left(l.instance_uid, 253) as instance_uid,
    left(l.flow, 253) as flow, left(l.flow_uid, 253) as flow_uid, l.state_since as since, l.job_attempt, l.replaced_at,
    l.cancel_at, own.id is not null as is_own
from live_executions l
left join lateral (
    select e.id from executions e where e.id = l.id and e.namespace = l.namespace and e.ended_at is null limit 1
) as own on true
where l.state = 'starting' and l.state_since < now() - %(older)s * interval '1 second'
order by row_number() over (partition by l.namespace order by l.id), l.id limit %(limit)s

-- name: requeue_unstarted
-- Back to the queue, where no Job came of it; what somebody holds is left.
with free as (
    select l.id, l.namespace
    from unnest(%(ids)s::uuid[], %(namespaces)s::text[]) as i (id, namespace)
    join live_executions l on l.id = i.id and l.namespace = i.namespace
    where l.state = 'starting' and l.state_since < now() - %(older)s * interval '1 second'
    for update of l skip locked
)
update live_executions l set state = 'queued', state_since = now()
from free where l.id = free.id and l.namespace = free.namespace
returning l.id

-- name: expired
-- Running executions whose runner has not renewed its lease, or has not heeded a cancellation; namespaces in turn.
select
    l.id, l.namespace, left(l.instance, 253) as instance, left(l.instance_uid, 253) as instance_uid,
    left(l.flow, 253) as flow, left(l.flow_uid, 253) as flow_uid, l.epoch, coalesce(left(l.holder, 253), '') as holder,
    l.lease_until, l.job_attempt, l.replaced_at, l.cancel_at, own.id is not null as is_own
from live_executions l
left join lateral (
    select e.id from executions e where e.id = l.id and e.namespace = l.namespace and e.ended_at is null limit 1
) as own on true
where l.state = 'running' and (
    l.lease_until < now() - %(grace)s * interval '1 second'
    or l.cancel_at < now() - %(cancel_grace)s * interval '1 second'
)
order by row_number() over (partition by l.namespace order by l.id), l.id limit %(limit)s

-- name: replaced
-- Counts a replacement Job; one caller wins, and a claim that came first, and who holds the row.
with free as (
    select id from live_executions
    where id = %(id)s and namespace = %(namespace)s and job_attempt = %(job_attempt)s - 1
        and (%(epoch)s::integer is null or epoch = %(epoch)s::integer)
    for update skip locked
)
update live_executions l set job_attempt = %(job_attempt)s, replaced_at = now() from free where l.id = free.id

-- name: asked_again
-- Tells that the Job which was counted is asked for once more, unless somebody holds the row.
with free as (
    select id from live_executions
    where id = %(id)s and namespace = %(namespace)s and job_attempt = %(job_attempt)s and epoch = %(epoch)s
    for update skip locked
)
update live_executions l set replaced_at = now() from free where l.id = free.id

-- name: end
-- A final state by somebody who is not the runner, if it may follow the present one; closes steps that were running.
-- All rows that it writes, or none: where somebody holds one, another round ends it.
with
held as (
    select l.id
    from live_executions l join executions e on e.id = l.id and e.namespace = l.namespace
    where l.id = %(id)s and e.id = %(id)s and l.namespace = %(namespace)s and l.state = any(%(before)s)
        and (%(epoch)s::integer is null or l.epoch = %(epoch)s::integer) and e.ended_at is null
    for update of l, e skip locked
),
open as (
    select s.path, s.attempt
    from step_results s, held
    where s.execution_id = %(id)s and s.namespace = %(namespace)s and s.status = 'running'
    for update of s skip locked
),
free as (
    select held.id from held
    where (select count(*) from open) = (
        select count(*) from step_results s
        where s.execution_id = %(id)s and s.namespace = %(namespace)s and s.status = 'running'
    )
),
steps as (
    update step_results set
        status = %(step_status)s,
        ended_at = now(),
        duration_ms = case when isfinite(step_results.started_at)
            then greatest((extract(epoch from now() - step_results.started_at) * 1000)::bigint, 0) end,
        error_code = %(code)s,
        error_message = %(cause)s
    from free
    where step_results.execution_id = %(id)s and step_results.namespace = %(namespace)s
        and step_results.status = 'running'
    returning step_results.path
)
update executions set
    state = %(state)s,
    ended_at = now(),
    duration_ms = case when isfinite(started_at) then (extract(epoch from now() - started_at) * 1000)::bigint end,
    error_code = %(code)s,
    error_message = %(cause)s,
    failed_step = coalesce((select path from steps order by length(path) desc, path limit 1), failed_step)
from free
where executions.id = %(id)s and executions.namespace = %(namespace)s
