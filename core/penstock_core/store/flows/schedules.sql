-- name: record_missed
-- A skipped execution for each tick that has no row and lies in no pause, the newest alone where they are many; gives all those.
with
missing as (
    select t.*, row_number() over (order by t.scheduled_at desc) as place
    from unnest(%(ids)s::uuid[], %(keys)b::bytea[], %(ticks)s::timestamptz[]) as t (id, key, scheduled_at)
    where not exists (
        select from idempotency_keys k
        where k.namespace = %(namespace)s and k.flow_uid = %(flow_uid)s and k.kind = 'tick' and k.key_sha256 = t.key
    ) and not exists (
        select from pauses p
        where p.namespace = %(namespace)s and p.flow_uid = %(flow_uid)s
            and p.since <= t.scheduled_at and (p.until is null or p.until > t.scheduled_at)
    )
),
claimed as (
    insert into idempotency_keys (namespace, flow_uid, kind, key_sha256, execution_id, body_sha256, expires_at)
    select %(namespace)s, %(flow_uid)s, 'tick', key, id, '', now() + interval '7 days'
    from missing where place <= %(most)s order by key
    on conflict do nothing
    returning execution_id
),
missed as (
    select missing.* from missing join claimed on claimed.execution_id = missing.id
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
select scheduled_at from missing
where place > %(most)s or id in (select id from missed) order by scheduled_at

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
