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

-- name: accept
-- Stores a batch in one statement; gives each item's execution, which is another's where its key was there before.
with
item as (
    select *
    from unnest(
        %(ids)s::uuid[], %(namespaces)s::text[], %(instances)s::text[], %(instance_uids)s::text[], %(flows)s::text[],
        %(flow_uids)s::text[], %(integrations)s::text[], %(versions)s::text[], %(customer_ids)s::text[],
        %(customer_names)s::text[], %(triggers)s::text[], %(hashes)s::text[], %(payloads)b::bytea[],
        %(requesters)s::text[], %(warnings)s::text[], %(starts)s::boolean[], %(limits)s::integer[],
        %(rejects)s::boolean[], %(kinds)s::text[], %(keys)b::bytea[], %(bodies)b::bytea[], %(windows)s::integer[]
    ) with ordinality as i (
        id, namespace, instance, instance_uid, flow, flow_uid, integration, version, customer_id, customer_name,
        trigger, hash, payload, requester, warnings, start, flow_limit, reject, kind, key, body, seconds, place
    )
),
-- Keys that are there already: exact for flows with a limit, whose rows are locked; the rest is found by `claimed`.
known as (
    select i.id, k.execution_id, k.body_sha256
    from item i join idempotency_keys k
        on k.namespace = i.namespace and k.flow_uid = i.flow_uid and k.kind = i.kind and k.key_sha256 = i.key
    where k.expires_at > now()
),
-- Of a flow that rejects, as many as there is room for, in the batch's order; what waits takes room too.
asking as (
    select
        i.id, i.flow_limit, i.namespace, i.flow_uid,
        row_number() over (partition by i.namespace, i.flow_uid order by i.place) as place
    from item i
    where i.reject and i.start and not exists (select from known k where k.id = i.id)
),
rejected as (
    select a.id from asking a
    where a.flow_limit < a.place + (
        select count(*) from live_executions l where l.namespace = a.namespace and l.flow_uid = a.flow_uid
    )
),
-- The update gives the row as it is now, even where another transaction wrote it while this one waited.
claimed as (
    insert into idempotency_keys as k (namespace, flow_uid, kind, key_sha256, execution_id, body_sha256, expires_at)
    select i.namespace, i.flow_uid, i.kind, i.key, i.id, i.body, now() + i.seconds * interval '1 second'
    from item i
    where i.kind is not null and not exists (select from rejected r where r.id = i.id)
    order by i.namespace, i.flow_uid, i.kind, i.key
    on conflict (namespace, flow_uid, kind, key_sha256) do update set
        execution_id = case when k.expires_at > now() then k.execution_id else excluded.execution_id end,
        body_sha256 = case when k.expires_at > now() then k.body_sha256 else excluded.body_sha256 end,
        expires_at = case when k.expires_at > now() then k.expires_at else excluded.expires_at end
    returning k.namespace, k.flow_uid, k.kind, k.key_sha256, k.execution_id, k.body_sha256
),
result as (
    select i.id, coalesce(c.execution_id, i.id) as execution_id, c.body_sha256
    from item i
    left join claimed c
        on c.namespace = i.namespace and c.flow_uid = i.flow_uid and c.kind = i.kind and c.key_sha256 = i.key
    where not exists (select from rejected r where r.id = i.id)
),
fresh as (
    select i.* from item i join result r on r.execution_id = i.id
),
stored as (
    insert into executions (
        id, namespace, instance, instance_uid, flow, flow_uid, integration, version, customer_id, customer_name,
        trigger, state, definition_hash, requested_by, warnings
    )
    select
        id, namespace, instance, instance_uid, flow, flow_uid, integration, version, customer_id, customer_name,
        trigger, 'queued', hash, requester, string_to_array(warnings, e'\x1f')
    from fresh
    on conflict do nothing -- a batch that is sent again after a broken connection
    returning id
),
kept as (
    insert into execution_payloads (execution_id, namespace, payload)
    select id, namespace, payload from fresh join stored using (id)
),
live as (
    insert into live_executions (id, namespace, instance, instance_uid, flow, flow_uid, state)
    select
        id, namespace, instance, instance_uid, flow, flow_uid,
        case when start and flow_limit is null then 'starting' else 'queued' end
    from fresh join stored using (id)
)
select id, execution_id, body_sha256 from result

-- name: promote
-- Moves the oldest that wait to starting, as many as a flow has room for; the flow's row is locked by the caller.
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
)
update live_executions l set state = 'starting', state_since = now()
from oldest where l.id = oldest.id and l.state = 'queued'
returning l.id, l.namespace, l.flow_uid

-- name: states
-- The states of executions that acceptances were repeated of.
select id, state from executions where id = any(%(ids)s)
