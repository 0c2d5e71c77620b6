-- A value whose execution failed may start another: the one door gets an argument more, and executions say whom they repeat.
-- The function of before stays beside it for a release; a tick's, which gives its key back to nobody, still calls that one.

-- The failed execution whose value came again, and the one that this made. (A comment would not reach the partitions.)
alter table executions add column repeat_of uuid, add column repeated_by uuid;

-- Writes the link's other end, once, on what has ended; of the own namespace alone, whatever the new row says.
-- What somebody holds is being removed, and is not waited for.
create function execution_linked() returns trigger
language plpgsql security definer set plan_cache_mode = force_custom_plan as $$
begin
    perform from executions e
    where e.id = new.repeat_of and e.namespace = new.namespace and e.ended_at is not null and e.repeated_by is null
    for update skip locked;
    if found then
        update executions e set repeated_by = new.id where e.id = new.repeat_of and e.namespace = new.namespace;
    end if;
    return null;
end
$$;
create trigger execution_linked after insert on executions
    for each row when (new.repeat_of is not null) execute function execution_linked();

-- Gives each item's execution, which is another's where its key was there before, and no row for what found its flow full.
-- `states` says what becomes of what is new: queued, starting, or skipped (ended at once, with code and message).
-- Planned once a session: planning costs several times what running does, and lists of any length want the same plan.
-- `full_at` is how many live executions of its flow refuse an item; null refuses none. A list may be null as a whole.
-- `key_agains` says whether a key is given back by an execution that failed, timed out or was cancelled: then the item is new,
-- its key's time begins anew, and `repeat_of` names the one that failed.
create function store_executions(
    ids uuid[], namespaces text[], instances text[], instance_uids text[], flows text[], flow_uids text[],
    integrations text[], versions text[], hashes text[], customer_ids text[], customer_names text[],
    triggers text[], requesters text[], payloads bytea[], warning_lists text[],
    states text[], codes text[], messages text[], run_afters timestamptz[],
    replays_of uuid[], retries_of uuid[], parents uuid[],
    full_at integer[], key_kinds text[], key_digests bytea[], body_digests bytea[], key_seconds integer[], key_agains boolean[]
) returns table (id uuid, execution_id uuid, body_sha256 bytea, repeat_of uuid)
language plpgsql security invoker rows 10 set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
    refused uuid[] := '{}';
    failed uuid[] := '{}';
    befores uuid[];
begin
-- For each item the execution that failed, before anything is claimed: what is final stays so, and who waits for a key that
-- another takes over finds that one's there.
if key_agains is not null then
    befores := array(
        select (
            select k.execution_id from idempotency_keys k
            where i.again and k.namespace = i.namespace and k.flow_uid = i.flow_uid and k.kind = i.kind
                and k.key_sha256 = i.key and k.expires_at > now() and k.execution_id <> i.id
        )
        from unnest(ids, namespaces, flow_uids, key_kinds, key_digests, key_agains)
            with ordinality as i (id, namespace, flow_uid, kind, key, again, place)
        order by i.place
    );
    if num_nonnulls(variadic befores) > 0 then
        -- Planned for these ids: a plan for any would open the partitions of all days.
        execute $look$
            select array_agg(e.id order by i.place)
            from unnest($1, $2) with ordinality as i (id, namespace, place)
            left join executions e on e.id = i.id and e.namespace = i.namespace
                and e.id = any($1) and e.state in ('failed', 'timed_out', 'cancelled')
        $look$ into befores using befores, namespaces;
        failed := array_remove(befores, null);
    end if;
end if;
-- Of a flow that rejects, as many are let in as there is room for, in the batch's order; what waits takes room too.
-- A key that is there already asks for no room: exact, because whoever names a limit has locked the flow's row.
if full_at is not null then
    refused := array(
        select asking.id
        from (
            select
                i.id, i.full_at, i.namespace, i.flow_uid,
                row_number() over (partition by i.namespace, i.flow_uid order by i.place) as place
            from unnest(ids, namespaces, flow_uids, full_at, key_kinds, key_digests)
                with ordinality as i (id, namespace, flow_uid, full_at, kind, key, place)
            where i.full_at is not null and (
                select k.expires_at > now() and k.execution_id <> all(failed) from idempotency_keys k
                where k.namespace = i.namespace and k.flow_uid = i.flow_uid and k.kind = i.kind and k.key_sha256 = i.key
            ) is not true
        ) as asking
        where asking.full_at < asking.place + (
            select count(*) from live_executions l where l.namespace = asking.namespace and l.flow_uid = asking.flow_uid
        )
    );
end if;
return query
with
item as (
    select *
    from unnest(
        ids, namespaces, instances, instance_uids, flows, flow_uids, integrations, versions, hashes, customer_ids,
        customer_names, triggers, requesters, payloads, warning_lists, states, codes, messages, run_afters, replays_of,
        retries_of, parents, key_kinds, key_digests, body_digests, key_seconds, befores
    ) as i (
        id, namespace, instance, instance_uid, flow, flow_uid, integration, version, hash, customer_id,
        customer_name, trigger, requester, payload, warnings, state, code, message, run_after, replay_of,
        retry_of, parent, kind, key, body, seconds, before
    )
    where i.id <> all(refused)
),
-- The update gives the row as it is now, even where another transaction wrote it while this one waited.
-- A key whose time is over is anybody's, but for a tick's: as long as it is there, its minute has had its execution.
claimed as (
    insert into idempotency_keys as k (namespace, flow_uid, kind, key_sha256, execution_id, body_sha256, expires_at)
    select i.namespace, i.flow_uid, i.kind, i.key, i.id, i.body, now() + i.seconds * interval '1 second'
    from item i
    where i.kind is not null
    order by i.namespace, i.flow_uid, i.kind, i.key
    on conflict (namespace, flow_uid, kind, key_sha256) do update set
        execution_id = case
            when k.kind = 'tick' or k.expires_at > now() and k.execution_id <> all(failed) then k.execution_id
            else excluded.execution_id
        end,
        body_sha256 = case
            when k.kind = 'tick' or k.expires_at > now() and k.execution_id <> all(failed) then k.body_sha256
            else excluded.body_sha256
        end,
        expires_at = case
            when k.kind = 'tick' or k.expires_at > now() and k.execution_id <> all(failed) then k.expires_at
            else excluded.expires_at
        end
    returning k.namespace, k.flow_uid, k.kind, k.key_sha256, k.execution_id, k.body_sha256
),
result as (
    select
        i.*, coalesce(c.execution_id, i.id) as execution_id, c.body_sha256,
        case when c.execution_id = i.id then i.before end as repeat_of
    from item i
    left join claimed c
        on c.namespace = i.namespace and c.flow_uid = i.flow_uid and c.kind = i.kind and c.key_sha256 = i.key
),
stored as (
    insert into executions (
        id, namespace, instance, instance_uid, flow, flow_uid, integration, version, customer_id, customer_name,
        trigger, state, definition_hash, requested_by, warnings, ended_at, error_code, error_message,
        replay_of, retry_of, parent, repeat_of
    )
    select
        r.id, r.namespace, r.instance, r.instance_uid, r.flow, r.flow_uid, r.integration, r.version, r.customer_id,
        r.customer_name, r.trigger, case r.state when 'skipped' then 'skipped' else 'queued' end, r.hash, r.requester,
        string_to_array(r.warnings, e'\x1f'), case r.state when 'skipped' then now() end, r.code, r.message,
        r.replay_of, r.retry_of, r.parent, r.repeat_of
    from result r where r.execution_id = r.id
    on conflict do nothing -- a batch that is sent again after a broken connection
    returning executions.id
),
kept as (
    insert into execution_payloads (execution_id, namespace, payload)
    select r.id, r.namespace, r.payload from result r join stored s on s.id = r.id where r.payload is not null
),
live as (
    insert into live_executions (id, namespace, instance, instance_uid, flow, flow_uid, state, run_after)
    select r.id, r.namespace, r.instance, r.instance_uid, r.flow, r.flow_uid, r.state, r.run_after
    from result r join stored s on s.id = r.id where r.state <> 'skipped'
)
select r.id, r.execution_id, r.body_sha256, r.repeat_of from result r;
end
$$;
do $$
declare
    made record;
begin
    for made in
        select p.oid::regprocedure as name from pg_proc p
        where p.pronamespace = current_schema()::regnamespace
            and (p.proname = 'execution_linked' or p.proname = 'store_executions' and 'key_agains' = any(p.proargnames))
    loop
        execute format('alter function %s set search_path to %I, pg_temp', made.name, current_schema());
        execute format('revoke execute on function %s from public', made.name);
    end loop;
end
$$;
