-- name: may_store
-- Whether the database is migrated and lets the caller in: the function that stores executions is there for it,
-- with the newest of its arguments.
select from pg_proc
where proname = 'store_executions' and 'key_agains' = any(proargnames) and pg_function_is_visible(oid)
    and has_function_privilege(oid, 'execute')

-- name: ensure_definition
-- Keeps a flow's definition under its hash; a known one costs no write.
insert into flow_definitions (namespace, hash, definition) values (%(namespace)s, %(hash)s, %(definition)s)
on conflict do nothing

-- name: make_slots
-- The rows that acceptances of limited flows lock; a known flow costs no write.
insert into flow_slots (namespace, flow_uid)
select * from unnest(%(namespaces)s::text[], %(flow_uids)s::text[]) as f (namespace, flow_uid)
where not exists (select from flow_slots s where s.namespace = f.namespace and s.flow_uid = f.flow_uid)
order by 1, 2
on conflict do nothing

-- name: lock_slots
-- Whoever decides about slots of a flow holds its row until the end of the transaction; always in this order.
select from flow_slots
where (namespace, flow_uid) in (select * from unnest(%(namespaces)s::text[], %(flow_uids)s::text[]))
order by namespace, flow_uid for update

-- name: claim_guards
-- Claims the keys of signed requests; gives the execution of each, which is another's where the request came before.
insert into idempotency_keys as k (namespace, flow_uid, kind, key_sha256, execution_id, body_sha256, expires_at)
select g.namespace, g.flow_uid, g.kind, g.key, g.id, g.body, now() + g.seconds * interval '1 second'
from unnest(
    %(namespaces)s::text[], %(flow_uids)s::text[], %(kinds)s::text[], %(keys)b::bytea[], %(ids)s::uuid[],
    %(bodies)b::bytea[], %(seconds)s::integer[]
) as g (namespace, flow_uid, kind, key, id, body, seconds)
order by 1, 2, 3, 4
on conflict (namespace, flow_uid, kind, key_sha256) do update set
    execution_id = case when k.expires_at > now() then k.execution_id else excluded.execution_id end,
    body_sha256 = case when k.expires_at > now() then k.body_sha256 else excluded.body_sha256 end,
    expires_at = case when k.expires_at > now() then k.expires_at else excluded.expires_at end
returning k.namespace, k.flow_uid, k.key_sha256, k.execution_id, k.body_sha256

-- name: settle_guards
-- Gives claimed keys to the executions that their requests became after all; none is null, and the key is anybody's again.
update idempotency_keys k set
    execution_id = coalesce(s.execution_id, k.execution_id),
    expires_at = case when s.execution_id is null then now() else k.expires_at end
from unnest(%(namespaces)s::text[], %(flow_uids)s::text[], %(kinds)s::text[], %(keys)b::bytea[], %(executions)s::uuid[])
    as s (namespace, flow_uid, kind, key, execution_id)
where k.namespace = s.namespace and k.flow_uid = s.flow_uid and k.kind = s.kind and k.key_sha256 = s.key

-- name: promote
-- Moves the oldest that wait to starting, as many as a flow has room for; the flow's row is locked by the caller.
-- What somebody holds is not waited for. `is_own` is false for a row that names no execution of its namespace: none is started.
with
flow as (
    select f.namespace, f.flow_uid, least(f.most, f.flow_limit - (
        select count(*) from live_executions l
        where l.namespace = f.namespace and l.flow_uid = f.flow_uid and l.state in ('starting', 'running')
    )) as room
    from unnest(%(namespaces)s::text[], %(flow_uids)s::text[], %(limits)s::integer[], %(most)s::integer[])
        as f (namespace, flow_uid, flow_limit, most)
),
oldest as (
    select waiting.id
    from flow f cross join lateral (
        select l.id from live_executions l
        where l.namespace = f.namespace and l.flow_uid = f.flow_uid and l.state = 'queued'
            and (l.run_after is null or l.run_after <= now())
        order by l.id limit greatest(f.room, 0)
    ) as waiting
),
free as (
    select l.id from oldest join live_executions l on l.id = oldest.id where l.state = 'queued'
    for update of l skip locked
)
update live_executions l set state = 'starting', state_since = now()
from free where l.id = free.id
returning
    l.id, l.namespace, l.flow_uid,
    (
        select true from executions e where e.id = l.id and e.namespace = l.namespace and e.ended_at is null limit 1
    ) is true as is_own

-- name: states
-- The states of executions that acceptances were repeated of, each in the namespace of its acceptance.
select e.id, e.state
from unnest(%(ids)s::uuid[], %(namespaces)s::text[]) as i (id, namespace)
join executions e on e.id = i.id and e.namespace = i.namespace
where e.id = any(%(ids)s::uuid[])
