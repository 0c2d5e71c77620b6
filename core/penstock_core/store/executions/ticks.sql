-- name: make_slot
-- The row under which a flow's ticks are decided.
insert into flow_slots (flow_uid, namespace) values (%(flow_uid)s, %(namespace)s) on conflict do nothing

-- name: lock_slot
-- Holds the flow's row until the end of the transaction.
select from flow_slots where namespace = %(namespace)s and flow_uid = %(flow_uid)s for update

-- name: tick_decision
-- What speaks against running a tick now, and whether an earlier try, whose answer was lost, has stored it; the flow's row
-- is locked by the caller.
select
    exists (select from executions where id = %(id)s) as stored,
    exists (
        select from pauses
        where namespace = %(namespace)s and flow_uid = %(flow_uid)s and since <= %(scheduled_at)s and (until is null or until > %(scheduled_at)s)
    ) as paused,
    exists (select from live_executions where namespace = %(namespace)s and flow_uid = %(flow_uid)s) as overlap,
    (
        select count(*) from live_executions where namespace = %(namespace)s and flow_uid = %(flow_uid)s and state in ('starting', 'running')
    ) >= %(flow_limit)s::integer or exists (
        select from live_executions where namespace = %(namespace)s and flow_uid = %(flow_uid)s and state = 'queued' and %(flow_limit)s::integer is not null
    ) as at_limit
