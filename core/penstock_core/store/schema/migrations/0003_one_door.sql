-- The one door: every execution is stored by this function, whoever asks for it.
-- A function, because its plan is kept for the session, behind a PgBouncer that prepares nothing too, and because a role can
-- be allowed to call it and nothing else. Where it needs another argument, a later file makes one beside it under the same
-- name with that argument more, and this one goes a release later.

alter table executions add column parent uuid;
comment on column executions.parent is 'The execution whose step asked for this one.';

-- Gives each item's execution, which is another's where its key was there before, and no row for what found its flow full.
-- `states` says what becomes of what is new: queued, starting, or skipped (ended at once, with code and message).
-- Planned once a session: planning costs several times what running does, and lists of any length want the same plan.
-- `full_at` is how many live executions of its flow refuse an item; null refuses none. A list may be null as a whole.
create function store_executions(
    ids uuid[], namespaces text[], instances text[], instance_uids text[], flows text[], flow_uids text[],
    integrations text[], versions text[], hashes text[], customer_ids text[], customer_names text[],
    triggers text[], requesters text[], payloads bytea[], warning_lists text[],
    states text[], codes text[], messages text[], run_afters timestamptz[],
    replays_of uuid[], retries_of uuid[], parents uuid[],
    full_at integer[], key_kinds text[], key_digests bytea[], body_digests bytea[], key_seconds integer[]
) returns table (id uuid, execution_id uuid, body_sha256 bytea)
language plpgsql security invoker rows 10 set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
begin
return query
with
item as (
    select *
    from unnest(
        ids, namespaces, instances, instance_uids, flows, flow_uids, integrations, versions, hashes, customer_ids,
        customer_names, triggers, requesters, payloads, warning_lists, states, codes, messages, run_afters, replays_of,
        retries_of, parents, full_at, key_kinds, key_digests, body_digests, key_seconds
    ) with ordinality as i (
        id, namespace, instance, instance_uid, flow, flow_uid, integration, version, hash, customer_id,
        customer_name, trigger, requester, payload, warnings, state, code, message, run_after, replay_of,
        retry_of, parent, full_at, kind, key, body, seconds, place
    )
),
-- Keys that are there already: exact for flows with a limit, whose rows are locked; the rest is found by `claimed`.
known as (
    select i.id
    from item i join idempotency_keys k
        on k.namespace = i.namespace and k.flow_uid = i.flow_uid and k.kind = i.kind and k.key_sha256 = i.key
    where k.expires_at > now()
),
-- Of a flow that rejects, as many as there is room for, in the batch's order; what waits takes room too.
asking as (
    select
        i.id, i.full_at, i.namespace, i.flow_uid,
        row_number() over (partition by i.namespace, i.flow_uid order by i.place) as place
    from item i
    where i.full_at is not null and not exists (select from known k where k.id = i.id)
),
rejected as (
    select a.id from asking a
    where a.full_at < a.place + (
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
        trigger, state, definition_hash, requested_by, warnings, ended_at, error_code, error_message,
        replay_of, retry_of, parent
    )
    select
        f.id, f.namespace, f.instance, f.instance_uid, f.flow, f.flow_uid, f.integration, f.version, f.customer_id,
        f.customer_name, f.trigger, case f.state when 'skipped' then 'skipped' else 'queued' end, f.hash, f.requester,
        string_to_array(f.warnings, e'\x1f'), case f.state when 'skipped' then now() end, f.code, f.message,
        f.replay_of, f.retry_of, f.parent
    from fresh f
    on conflict do nothing -- a batch that is sent again after a broken connection
    returning executions.id
),
kept as (
    insert into execution_payloads (execution_id, namespace, payload)
    select f.id, f.namespace, f.payload from fresh f join stored s on s.id = f.id where f.payload is not null
),
live as (
    insert into live_executions (id, namespace, instance, instance_uid, flow, flow_uid, state, run_after)
    select f.id, f.namespace, f.instance, f.instance_uid, f.flow, f.flow_uid, f.state, f.run_after
    from fresh f join stored s on s.id = f.id where f.state <> 'skipped'
)
select r.id, r.execution_id, r.body_sha256 from result r;
end
$$;
do $$
begin
    execute format('alter function store_executions set search_path to %I, pg_temp', current_schema());
end
$$;
revoke execute on function store_executions from public;
