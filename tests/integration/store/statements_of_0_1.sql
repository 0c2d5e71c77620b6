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

-- name: tick_key
-- The execution of a tick: the one proposed, or that of whoever was first.
insert into idempotency_keys as k (flow_uid, kind, key_sha256, namespace, execution_id, body_sha256, expires_at)
values (%(flow_uid)s, 'tick', %(key)s, %(namespace)s, %(id)s, '', now() + interval '7 days')
on conflict (namespace, flow_uid, kind, key_sha256) do update set execution_id = k.execution_id
returning execution_id

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


-- name: claim
-- Takes the lease of an execution if nobody holds it, and reads all that its run needs.
with
claimed as (
    update live_executions set
        state = 'running',
        state_since = case when state = 'running' then state_since else now() end,
        epoch = epoch + 1,
        holder = %(holder)s,
        lease_until = now() + %(lease)s * interval '1 second'
    where id = %(id)s
        and (state = 'starting' or (state = 'running' and (lease_until < now() or holder = %(holder)s)))
    returning id, epoch, cancel
),
begun as (
    update executions set state = 'running', started_at = coalesce(started_at, now())
    from claimed
    where executions.id = %(id)s
    returning executions.id, executions.started_at
)
select
    e.id, e.namespace, e.instance, e.instance_uid, e.flow, e.flow_uid, e.integration, e.version, e.definition_hash,
    e.customer_id, e.customer_name, e.trigger, e.state, e.created_at,
    begun.started_at, (extract(epoch from now() - begun.started_at) * 1000)::bigint as ran_ms,
    claimed.epoch, claimed.cancel,
    live.state as live_state, coalesce(live.lease_until, now() + interval '2 seconds') as held_until,
    d.definition, p.payload
from executions e
left join claimed on claimed.id = e.id
left join begun on begun.id = e.id
left join live_executions live on live.id = %(id)s
left join flow_definitions d
    on d.namespace = e.namespace and d.hash = e.definition_hash and claimed.id is not null
left join execution_payloads p on p.execution_id = %(id)s and claimed.id is not null
where e.id = %(id)s

-- name: recorded
-- What earlier claims recorded, in the order in which it ran; values only of last attempts, and not of what lies in a
-- loop that has passed: nothing reads those any more, and they can be many. At most two loops are around a step.
with
attempts as (
    select
        path, attempt, action, status, output, extracted, error_code, error_message, error_details, started_at,
        coalesce(ended_at, started_at) as ended_at, attempt = max(attempt) over (partition by path) as is_last
    from step_results
    where execution_id = %(id)s
),
passed_loops as (
    select path || '/' as prefix from attempts where is_last and action = 'forEach' and status = 'passed'
),
judged as (
    select *, is_last and (
        action = 'stop' or (
            coalesce(substring(path from '^[^/]+/'), '') not in (select prefix from passed_loops)
            and coalesce(substring(path from '^[^/]+/[^/]+/[^/]+/'), '') not in (select prefix from passed_loops)
        )
    ) as is_readable
    from attempts
)
select
    path, attempt, status, error_code, error_message, error_details, started_at, ended_at,
    case when is_readable then output end as output,
    case when is_readable then extracted end as extracted
from judged
order by started_at, path, attempt

-- name: renew
-- Keeps the lease and reads the cancel mark; no row: the lease is lost.
update live_executions set lease_until = now() + %(lease)s * interval '1 second'
where id = %(id)s and epoch = %(epoch)s
returning cancel

-- name: record
-- Steps and logs in one statement, if the epoch is still ours; keeps the lease too.
with
held as (
    update live_executions set lease_until = now() + %(lease)s * interval '1 second'
    where id = %(id)s and epoch = %(epoch)s
    returning cancel
),
{steps},
{logs}
select cancel from held

-- name: finish
-- The last steps and logs and the final state in one statement, if the epoch is still ours.
with
held as (
    select cancel from live_executions where id = %(id)s and epoch = %(epoch)s and state = 'running' for update
),
{steps},
{logs},
ended as (
    update executions set
        state = %(state)s,
        ended_at = now(),
        duration_ms = (extract(epoch from now() - started_at) * 1000)::bigint,
        error_code = %(error_code)s,
        error_message = %(error_message)s,
        failed_step = %(failed_step)s,
        steps_total = %(steps_total)s,
        steps_failed = %(steps_failed)s,
        warnings = executions.warnings || %(outcome_warnings)s::text[]
    from held
    where executions.id = %(id)s
)
select cancel from held

-- name: steps
-- Part of record and finish: inserts steps, or brings them up to date; an input that was recorded stays unless another comes.
stored_steps as (
    insert into step_results (
        execution_id, namespace, path, attempt, action, status, started_at, ended_at, duration_ms, input, output,
        extracted, assertions, input_size, output_size, truncated, error_code, error_message, error_details, items_total,
        items_failed, warnings
    )
    select
        %(id)s, %(namespace)s, s.path, s.attempt, s.action, s.status, s.started_at, s.ended_at, s.duration_ms, s.input,
        s.output, s.extracted, s.assertions, s.input_size, s.output_size, s.truncated, s.error_code, s.error_message,
        s.error_details, s.items_total, s.items_failed, string_to_array(s.warnings, e'\x1f')
    from held, unnest(
        %(paths)s::text[], %(attempts)s::integer[], %(actions)s::text[], %(statuses)s::text[],
        %(starts)s::timestamptz[], %(ends)s::timestamptz[], %(durations)s::bigint[], %(inputs)b::bytea[],
        %(outputs)b::bytea[], %(extracts)b::bytea[], %(assertions)b::bytea[], %(input_sizes)s::bigint[],
        %(output_sizes)s::bigint[], %(truncations)s::boolean[], %(codes)s::text[], %(messages)s::text[],
        %(details)b::bytea[], %(items)s::integer[], %(failed_items)s::integer[], %(warnings)s::text[]
    ) as s (
        path, attempt, action, status, started_at, ended_at, duration_ms, input, output, extracted, assertions,
        input_size, output_size, truncated, error_code, error_message, error_details, items_total, items_failed, warnings
    )
    on conflict (execution_id, path, attempt) do update set
        status = excluded.status, ended_at = excluded.ended_at, duration_ms = excluded.duration_ms,
        input = coalesce(excluded.input, step_results.input), output = excluded.output, extracted = excluded.extracted,
        assertions = excluded.assertions,
        input_size = case when excluded.input is null then greatest(excluded.input_size, step_results.input_size)
            else excluded.input_size end,
        output_size = excluded.output_size,
        truncated = excluded.truncated or (excluded.input is null and step_results.truncated),
        error_code = excluded.error_code, error_message = excluded.error_message, error_details = excluded.error_details,
        items_total = excluded.items_total, items_failed = excluded.items_failed, warnings = excluded.warnings
)

-- name: logs
-- Part of record and finish: inserts log lines; one that is there stays.
stored_logs as (
    insert into execution_logs (execution_id, epoch, sequence, namespace, at, severity, step, message, fields)
    select %(id)s, %(epoch)s, l.sequence, %(namespace)s, l.at, l.severity, l.step, l.message, l.fields
    from held, unnest(
        %(log_sequences)s::integer[], %(log_times)s::timestamptz[], %(log_severities)s::text[], %(log_steps)s::text[],
        %(log_messages)s::text[], %(log_fields)b::bytea[]
    ) as l (sequence, at, severity, step, message, fields)
    on conflict do nothing
)

-- name: finished
-- The state of an execution that has ended.
select state from executions where id = %(id)s and ended_at is not null
