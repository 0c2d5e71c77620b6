-- name: changes
-- The newest execution of each flow of which one began or ended lately, with the marks of those that ended; one row at
-- least. What the caller keeps is passed over, so that it takes no room from the rest. Namespaces are kept apart
-- everywhere: a row may name another's flow, or another's execution. Ids that lie ahead of all times are nobody's newest.
with
ended as (
    select mark, id, namespace, flow_uid
    from ended_executions where id <> all(%(kept)s::uuid[]) order by mark limit %(limit)s
),
newest as (
    select distinct on (namespace, flow_uid) id, namespace
    from (
        select id, namespace, flow_uid from ended
        union all
        select id, namespace, flow_uid from live_executions
        where state = 'running' and state_since > now() - %(lookback)s * interval '1 second'
    ) as touched
    where id < %(ahead)s
    order by namespace, flow_uid, id desc
)
select
    e.id, e.namespace, left(e.instance, 253) as instance, left(e.flow, 253) as flow, left(e.flow_uid, 253) as flow_uid,
    e.state, e.started_at, e.ended_at, left(e.error_code, 64) as error_code, left(e.failed_step, 254) as failed_step,
    published.marks
from (select coalesce(array_agg(mark), '{}') as marks from ended) as published
left join executions e
    on e.id = any(array(select id from newest)) and (e.id, e.namespace) in (select id, namespace from newest)

-- name: settle
-- Removes marks that nobody needs any more.
delete from ended_executions where mark = any(%(marks)s) and id <> all(%(kept)s::uuid[])

-- name: running
-- How many executions start or run; what is queued is not read, however much it is.
select count(*) as count from live_executions where state in ('starting', 'running')

-- name: live
-- How many live executions there are of each state, and how long the oldest that is due has waited.
select
    state, count(*) as count,
    coalesce(extract(epoch from now() - min(coalesce(run_after, state_since)) filter (
        where state = 'queued' and (run_after is null or run_after <= now())
    )), 0)::float8 as oldest
from live_executions
group by state
