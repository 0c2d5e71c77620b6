-- name: make_slot
-- The row under which a flow's ticks are decided.
insert into flow_slots (flow_uid, namespace) values (%(flow_uid)s, %(namespace)s) on conflict do nothing

-- name: lock_slot
-- Holds the flow's row until the end of the transaction.
select from flow_slots where namespace = %(namespace)s and flow_uid = %(flow_uid)s for update

-- name: tick_key
-- The execution of a tick: the one proposed, or that of whoever was first.
insert into idempotency_keys as k (flow_uid, kind, key_sha256, namespace, execution_id, body_sha256, expires_at)
values (%(flow_uid)s, 'tick', %(key)s, %(namespace)s, %(id)s, '', now() + interval '7 days')
on conflict (namespace, flow_uid, kind, key_sha256) do update set execution_id = k.execution_id
returning execution_id

-- name: tick_stored
-- Whether an earlier try, whose answer was lost, has stored the tick.
select from executions where id = %(id)s

-- name: tick_decision
-- What speaks against running a tick now; the flow's row is locked by the caller.
select
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

-- name: tick_insert
-- Stores the execution of a tick, and its live row unless it was skipped.
with
stored as (
    insert into executions (
        id, namespace, instance, instance_uid, flow, flow_uid, integration, version, customer_id, customer_name,
        trigger, state, definition_hash, requested_by, ended_at, error_code, error_message
    ) values (
        %(id)s, %(namespace)s, %(instance)s, %(instance_uid)s, %(flow)s, %(flow_uid)s, %(integration)s, %(version)s,
        %(customer_id)s, %(customer_name)s, %(trigger)s, case when %(skipped)s::boolean then 'skipped' else 'queued' end,
        %(definition_hash)s, %(requested_by)s, case when %(skipped)s::boolean then now() end, %(reason)s, %(message)s
    )
),
kept as (
    insert into execution_payloads (execution_id, namespace, payload) values (%(id)s, %(namespace)s, %(payload)b)
)
insert into live_executions (id, namespace, instance, instance_uid, flow, flow_uid, state)
select %(id)s, %(namespace)s, %(instance)s, %(instance_uid)s, %(flow)s, %(flow_uid)s, %(live_state)s
where not %(skipped)s::boolean
