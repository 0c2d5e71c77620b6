-- name: record_missed
-- A skipped execution for each tick that has no row; gives the ticks that had none.
with
tick as (
    select * from unnest(%(ids)s::uuid[], %(keys)b::bytea[], %(ticks)s::timestamptz[]) as t (id, key, scheduled_at)
),
claimed as (
    insert into idempotency_keys (namespace, flow_uid, kind, key_sha256, execution_id, body_sha256, expires_at)
    select %(namespace)s, %(flow_uid)s, 'tick', key, id, '', now() + interval '7 days' from tick order by key
    on conflict do nothing
    returning execution_id
),
missed as (
    select tick.* from tick join claimed on claimed.execution_id = tick.id
),
stored as (
    insert into executions (
        id, namespace, instance, instance_uid, flow, flow_uid, integration, version, customer_id, customer_name,
        trigger, state, definition_hash, requested_by, ended_at, error_code, error_message
    )
    select
        id, %(namespace)s, %(instance)s, %(instance_uid)s, %(flow)s, %(flow_uid)s, %(integration)s, %(version)s,
        %(customer_id)s, %(customer_name)s, 'schedule', 'skipped', %(definition_hash)s, 'schedule', now(), 'missed',
        'the tick of ' || to_char(scheduled_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
            || ' was due while no Job could be created for it'
    from missed
)
select scheduled_at from missed order by scheduled_at

-- name: pause
-- Opens a pause unless one is open.
insert into pauses (namespace, flow_uid, since)
select %(namespace)s, %(flow_uid)s, %(at)s
where not exists (
    select from pauses where namespace = %(namespace)s and flow_uid = %(flow_uid)s and until is null
)
on conflict do nothing

-- name: unpause
-- Closes the open pause, if there is one, and forgets those that no late tick can fall into.
with forgotten as (
    delete from pauses
    where namespace = %(namespace)s and flow_uid = %(flow_uid)s and until < %(at)s::timestamptz - interval '7 days'
)
update pauses set until = greatest(%(at)s, since)
where namespace = %(namespace)s and flow_uid = %(flow_uid)s and until is null
