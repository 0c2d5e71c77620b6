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
