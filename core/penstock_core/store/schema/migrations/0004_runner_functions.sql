-- What a runner's role may call, and all that it may: no table is open to it.
-- Each function runs as its owner, a role that can not log in (`tenants/roles`), takes the caller's namespace from the role that
-- logged in, and refuses what no runner sends. Where one needs another argument, a later file makes the next version beside it.
-- No literal here has a backslash, and nothing is decided by a cast to text: both go by settings of the caller's session.

-- Release 0.1's roles go on with their rights on tables: its policies are theirs alone from now on, and none's where there are none.
do $$
declare
    before text;
    policy record;
begin
    select string_agg(distinct quote_ident(r.rolname), ', ') into before
    from pg_class c
    cross join aclexplode(c.relacl) g
    join pg_roles r on r.oid = g.grantee
    where c.oid = 'tenants'::regclass and g.grantee <> c.relowner;
    for policy in
        select p.polname as name, p.polrelid::regclass as place from pg_policy p join pg_class c on c.oid = p.polrelid
        where c.relnamespace = current_schema()::regnamespace and p.polroles = '{0}'
    loop
        if before is null then
            execute format('drop policy %I on %s', policy.name, policy.place);
        else
            execute format('alter policy %I on %s to %s', policy.name, policy.place, before);
        end if;
    end loop;
    if before is null then
        drop function tenant();
    else
        execute format('grant execute on function tenant() to %s', before);
        revoke execute on function tenant() from public;
    end if;
end
$$;

create table tick_counts (
    namespace text primary key,
    minute timestamptz not null,
    ticks integer not null
) with (fillfactor = 50);
comment on table tick_counts is 'How many ticks a namespace''s runners were given in its last minute with any.';
alter table tick_counts enable row level security;

-- The namespace whose role logged in; refused where there is none.
create function runner_namespace_v1() returns text stable language plpgsql as $$
declare
    found constant text := (select t.namespace from tenants t where t.role = session_user);
begin
    if found is null then
        raise exception 'the role % belongs to no namespace', session_user using errcode = 'PN403';
    end if;
    return found;
end
$$;

-- A condition that never holds: it ends the statement that meets it.
create function runner_refuse_v1(what text) returns boolean language plpgsql as $$
begin
    raise exception 'no runner sends this: %', what using errcode = 'PN400';
end
$$;

-- Takes the lease of an execution if nobody holds it, and reads all that its run needs. No row: it is not there.
create function runner_claim_v1(execution uuid, pod text)
returns table (
    id uuid, namespace text, instance text, instance_uid text, flow text, flow_uid text, integration text, version text,
    definition_hash text, customer_id text, customer_name text, trigger text, state text, created_at timestamptz,
    started_at timestamptz, ran_ms bigint, epoch integer, cancel boolean, live_state text, held_until timestamptz,
    definition bytea, payload bytea
)
-- Planned for the one id: a plan for any would open the partitions of all days.
language plpgsql security definer rows 1 set plan_cache_mode = force_custom_plan as $$
#variable_conflict use_column
declare
    caller constant text := runner_namespace_v1();
begin
if (length(pod) <= 253 and pod ~ '^[A-Za-z0-9][A-Za-z0-9._-]*$') is not true then
    perform runner_refuse_v1('the name of its pod');
end if;
return query
with
claimed as (
    update live_executions l set
        state = 'running',
        state_since = case when l.state = 'running' then l.state_since else now() end,
        epoch = l.epoch + 1,
        holder = pod,
        lease_until = now() + interval '15 seconds'
    where l.id = execution and l.namespace = caller
        and (l.state = 'starting' or (l.state = 'running' and (l.lease_until < now() or l.holder = pod)))
    returning l.id, l.epoch, l.cancel
),
begun as (
    update executions e set state = 'running', started_at = coalesce(e.started_at, now())
    from claimed
    where e.id = execution and e.namespace = caller and e.ended_at is null
    returning e.id, e.started_at
)
select
    e.id, e.namespace, e.instance, e.instance_uid, e.flow, e.flow_uid, e.integration, e.version, e.definition_hash,
    e.customer_id, e.customer_name, e.trigger, e.state, e.created_at,
    begun.started_at, (extract(epoch from now() - begun.started_at) * 1000)::bigint,
    claimed.epoch, claimed.cancel,
    live.state, coalesce(live.lease_until, now() + interval '2 seconds'),
    d.definition, p.payload
from executions e
left join claimed on claimed.id = e.id
left join begun on begun.id = e.id
left join live_executions live on live.id = execution and live.namespace = caller
left join flow_definitions d
    on d.namespace = caller and d.hash = e.definition_hash and claimed.id is not null
left join execution_payloads p on p.execution_id = execution and p.namespace = caller and claimed.id is not null
where e.id = execution and e.namespace = caller;
end
$$;

-- What earlier claims recorded, in the order in which it ran, for whoever holds the lease; values only of last attempts, and not
-- of what lies in a loop that has passed: nothing reads those any more, and they can be many. At most two loops are around a step.
create function runner_recorded_v1(execution uuid, claim integer)
returns table (
    path text, attempt integer, status text, error_code text, error_message text, error_details bytea,
    started_at timestamptz, ended_at timestamptz, output bytea, extracted bytea
)
language plpgsql security definer set plan_cache_mode = force_custom_plan as $$
#variable_conflict use_column
declare
    caller constant text := runner_namespace_v1();
begin
perform from live_executions l
where l.id = execution and l.namespace = caller and l.epoch = claim and l.state = 'running';
if not found then
    return;
end if;
return query
with
attempts as (
    select
        s.path, s.attempt, s.action, s.status, s.output, s.extracted, s.error_code, s.error_message, s.error_details,
        s.started_at, coalesce(s.ended_at, s.started_at) as ended_at,
        s.attempt = max(s.attempt) over (partition by s.path) as is_last
    from step_results s
    where s.execution_id = execution and s.namespace = caller
),
passed_loops as (
    select a.path || '/' as prefix from attempts a where a.is_last and a.action = 'forEach' and a.status = 'passed'
),
judged as (
    select a.*, a.is_last and (
        a.action = 'stop' or (
            coalesce(substring(a.path from '^[^/]+/'), '') not in (select p.prefix from passed_loops p)
            and coalesce(substring(a.path from '^[^/]+/[^/]+/[^/]+/'), '') not in (select p.prefix from passed_loops p)
        )
    ) as is_readable
    from attempts a
)
select
    j.path, j.attempt, j.status, j.error_code, j.error_message, j.error_details, j.started_at, j.ended_at,
    case when j.is_readable then j.output end, case when j.is_readable then j.extracted end
from judged j
order by j.started_at, j.path, j.attempt;
end
$$;

-- Keeps the lease and reads the cancel mark; no row: the lease is lost.
create function runner_renew_v1(execution uuid, claim integer)
returns table (cancel boolean)
language plpgsql security definer rows 1 set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
    caller constant text := runner_namespace_v1();
begin
return query
update live_executions l set lease_until = now() + interval '15 seconds'
where l.id = execution and l.namespace = caller and l.epoch = claim and l.state = 'running'
returning l.cancel;
end
$$;

-- Steps and logs, if the epoch is still the caller's; keeps the lease too. No row: it is not.
-- A step that is there is brought up to date, its input stays unless another comes; a log line that is there stays.
create function runner_record_v1(
    execution uuid, claim integer,
    paths text[], attempts integer[], actions text[], statuses text[], starts timestamptz[], ends timestamptz[],
    durations bigint[], inputs bytea[], outputs bytea[], extracts bytea[], assertion_lists bytea[], input_sizes bigint[],
    output_sizes bigint[], truncations boolean[], codes text[], messages text[], details bytea[], items integer[],
    failed_items integer[], warning_lists text[],
    log_sequences integer[], log_times timestamptz[], log_severities text[], log_steps text[], log_messages text[],
    log_fields bytea[]
) returns table (cancel boolean)
-- Planned once a session, for lists of any length: nothing here looks for a day's partition.
language plpgsql security definer rows 1 set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
    caller constant text := runner_namespace_v1();
    many constant integer := cardinality(paths);
    lines constant integer := cardinality(log_sequences);
    held record;
begin
update live_executions l set lease_until = now() + interval '15 seconds'
where l.id = execution and l.namespace = caller and l.epoch = claim and l.state = 'running'
returning l.cancel, l.state_since into held;
if not found then
    return;
end if;
if array[
    cardinality(attempts), cardinality(actions), cardinality(statuses), cardinality(starts), cardinality(ends),
    cardinality(durations), cardinality(inputs), cardinality(outputs), cardinality(extracts), cardinality(assertion_lists),
    cardinality(input_sizes), cardinality(output_sizes), cardinality(truncations), cardinality(codes),
    cardinality(messages), cardinality(details), cardinality(items), cardinality(failed_items), cardinality(warning_lists)
] is distinct from array_fill(many, array[19]) or array[
    cardinality(log_times), cardinality(log_severities), cardinality(log_steps), cardinality(log_messages),
    cardinality(log_fields)
] is distinct from array_fill(lines, array[5]) then
    perform runner_refuse_v1('lists of different lengths');
end if;
if (many <= 40000 and lines <= 40000) is not true then
    perform runner_refuse_v1('more than 40000 steps or log lines at once');
end if;
if many > 0 then
    insert into step_results (
        execution_id, namespace, path, attempt, action, status, started_at, ended_at, duration_ms, input, output,
        extracted, assertions, input_size, output_size, truncated, error_code, error_message, error_details, items_total,
        items_failed, warnings
    )
    select
        execution, caller, s.path, s.attempt, s.action, s.status, s.started_at, s.ended_at, s.duration_ms, s.input,
        s.output, s.extracted, s.assertions, s.input_size, s.output_size, s.truncated, s.error_code, s.error_message,
        s.error_details, s.items_total, s.items_failed, string_to_array(s.warnings, chr(31))
    from unnest(
        paths, attempts, actions, statuses, starts, ends, durations, inputs, outputs, extracts, assertion_lists,
        input_sizes, output_sizes, truncations, codes, messages, details, items, failed_items, warning_lists
    ) as s (
        path, attempt, action, status, started_at, ended_at, duration_ms, input, output, extracted, assertions,
        input_size, output_size, truncated, error_code, error_message, error_details, items_total, items_failed, warnings
    )
    where case
        when (length(s.path) <= 1000 and s.path ~ '^[a-z][A-Za-z0-9_]*(/[0-9]+/[a-z][A-Za-z0-9_]*)*$') is not true
            then runner_refuse_v1('the path of a step')
        when (s.attempt between 1 and 1000000) is not true
            then runner_refuse_v1('the number of an attempt')
        when (length(s.action) <= 40 and s.action ~ '^[a-z][A-Za-z]*$') is not true
            then runner_refuse_v1('the action of a step')
        when (s.status in ('running', 'passed', 'failed', 'skipped', 'timed_out', 'cancelled')) is not true
            then runner_refuse_v1('the status of a step')
        when (s.started_at between held.state_since - interval '1 day' and now() + interval '1 day') is not true
            or (s.ended_at between held.state_since - interval '1 day' and now() + interval '1 day') is false
            then runner_refuse_v1('the time of a step')
        when (s.duration_ms between 0 and 315360000000) is false
            then runner_refuse_v1('the duration of a step')
        when greatest(
            octet_length(s.input), octet_length(s.output), octet_length(s.extracted), octet_length(s.assertions)
        ) > 16800000 or octet_length(s.error_details) > 70000
            then runner_refuse_v1('a value of a step, for its size')
        when (s.input_size between 0 and 1125899906842624 and s.output_size between 0 and 1125899906842624) is not true
            or s.truncated is null
            then runner_refuse_v1('the size of a value of a step')
        when (length(s.error_code) <= 100 and s.error_code ~ '^[A-Za-z][A-Za-z0-9_.-]*$') is false
            or length(s.error_message) > 20000
            then runner_refuse_v1('the error of a step')
        when s.items_total < 0 or s.items_failed < 0
            then runner_refuse_v1('the number of items of a step')
        when (octet_length(s.warnings) <= 4194304) is not true
            then runner_refuse_v1('the warnings of a step')
        else true
    end
    on conflict (execution_id, path, attempt) do update set
        status = excluded.status, ended_at = excluded.ended_at, duration_ms = excluded.duration_ms,
        input = coalesce(excluded.input, step_results.input), output = excluded.output, extracted = excluded.extracted,
        assertions = excluded.assertions,
        input_size = case when excluded.input is null then greatest(excluded.input_size, step_results.input_size)
            else excluded.input_size end,
        output_size = excluded.output_size,
        truncated = excluded.truncated or (excluded.input is null and step_results.truncated),
        error_code = excluded.error_code, error_message = excluded.error_message, error_details = excluded.error_details,
        items_total = excluded.items_total, items_failed = excluded.items_failed, warnings = excluded.warnings;
end if;
if lines > 0 then
    insert into execution_logs (execution_id, epoch, sequence, namespace, at, severity, step, message, fields)
    select execution, claim, l.sequence, caller, l.at, l.severity, l.step, l.message, l.fields
    from unnest(log_sequences, log_times, log_severities, log_steps, log_messages, log_fields)
        as l (sequence, at, severity, step, message, fields)
    where case
        when (l.sequence >= 0) is not true
            then runner_refuse_v1('the number of a log line')
        when (l.at between held.state_since - interval '1 day' and now() + interval '1 day') is not true
            then runner_refuse_v1('the time of a log line')
        when (l.severity in ('debug', 'info', 'warn', 'error')) is not true
            then runner_refuse_v1('the severity of a log line')
        when length(l.step) > 1000
            then runner_refuse_v1('the step of a log line')
        when (octet_length(l.message) <= 8388608) is not true or octet_length(l.fields) > 70000
            then runner_refuse_v1('a log line, for its size')
        else true
    end
    on conflict do nothing;
end if;
return query select held.cancel;
end
$$;

-- The last steps and logs and the final state, if the epoch is still the caller's. No row: it is not.
create function runner_finish_v1(
    execution uuid, claim integer,
    outcome text, error_code text, error_message text, failed_step text, steps_total integer, steps_failed integer,
    warnings text[],
    paths text[], attempts integer[], actions text[], statuses text[], starts timestamptz[], ends timestamptz[],
    durations bigint[], inputs bytea[], outputs bytea[], extracts bytea[], assertion_lists bytea[], input_sizes bigint[],
    output_sizes bigint[], truncations boolean[], codes text[], messages text[], details bytea[], items integer[],
    failed_items integer[], warning_lists text[],
    log_sequences integer[], log_times timestamptz[], log_severities text[], log_steps text[], log_messages text[],
    log_fields bytea[]
) returns table (cancel boolean)
language plpgsql security definer rows 1 set plan_cache_mode = force_custom_plan as $$
#variable_conflict use_column
declare
    caller constant text := runner_namespace_v1();
    marked boolean;
begin
if (
    $3 in ('passed', 'failed', 'completed_with_errors', 'cancelled', 'timed_out')
    and ($3 = 'passed') = ($4 is null)
    and coalesce(length($4) <= 100 and $4 ~ '^[A-Za-z][A-Za-z0-9_.-]*$', true)
    and coalesce(length($5), 0) <= 20000
    and coalesce(length($6) <= 1000 and $6 ~ '^[a-z][A-Za-z0-9_]*(/[0-9]+/[a-z][A-Za-z0-9_]*)*$', true)
    and $7 >= 0 and $8 between 0 and $7
    and cardinality($9) <= 1000 and coalesce(octet_length(array_to_string($9, '')), 0) <= 1048576
) is not true then
    perform runner_refuse_v1('how an execution ended');
end if;
select r.cancel into marked
from runner_record_v1(
    execution, claim, paths, attempts, actions, statuses, starts, ends, durations, inputs, outputs, extracts,
    assertion_lists, input_sizes, output_sizes, truncations, codes, messages, details, items, failed_items, warning_lists,
    log_sequences, log_times, log_severities, log_steps, log_messages, log_fields
) as r;
if not found then
    return;
end if;
update executions e set
    state = outcome,
    ended_at = now(),
    duration_ms = (extract(epoch from now() - e.started_at) * 1000)::bigint,
    error_code = $4,
    error_message = $5,
    failed_step = $6,
    steps_total = $7,
    steps_failed = $8,
    warnings = e.warnings || $9
where e.id = execution and e.namespace = caller and e.ended_at is null;
return query select marked;
end
$$;

-- The state of an execution that has ended.
create function runner_finished_v1(execution uuid)
returns table (state text)
language plpgsql security definer rows 1 set plan_cache_mode = force_custom_plan as $$
#variable_conflict use_column
declare
    caller constant text := runner_namespace_v1();
begin
return query
select e.state from executions e where e.id = execution and e.namespace = caller and e.ended_at is not null;
end
$$;

-- Makes a schedule's tick an execution, decided under the lock of its flow's row; gives the execution, which is another's where
-- the tick had one, and what speaks against running it now: it was skipped (`paused`, `overlap`), waits (`queued`), or nothing.
create function runner_accept_tick_v1(
    tick uuid, scheduled_at timestamptz, skip_overlap boolean, flow_limit integer, payload bytea, requester text,
    instance text, instance_uid text, flow text, flow_uid text, integration text, version text, definition_hash text,
    customer_id text, customer_name text
) returns table (execution_id uuid, decision text)
language plpgsql security definer rows 1 set plan_cache_mode = force_custom_plan as $$
#variable_conflict use_column
declare
    caller constant text := runner_namespace_v1();
    -- What one namespace's ticks may take of everybody's room.
    most_live constant integer := 10000;
    most_begun constant integer := 100;
    most_a_minute constant integer := 1000;
    made constant timestamptz := to_timestamp(
        ('x' || translate(substr(tick::text, 1, 13), '-', ''))::bit(48)::bigint / 1000.0
    );
    key text;
    against record;
    decided text;
    reason text;
    stored uuid;
begin
if (made between now() - interval '1 day' and now() + interval '1 day' and substr(tick::text, 15, 1) = '7') is not true then
    perform runner_refuse_v1('the id of a tick');
end if;
if (scheduled_at between now() - interval '10 years' and now() + interval '1 day') is false then
    perform runner_refuse_v1('the time of a tick');
end if;
if (
    skip_overlap is not null
    and coalesce(flow_limit > 0, true)
    and octet_length(payload) <= 65536
    and length(requester) <= 500
    -- six names, each of what a name may hold: none is missing, and none can lead anywhere as a part of an address
    and concat_ws('/', $7, $8, $9, $10, $11, $12) ~ '^[A-Za-z0-9][A-Za-z0-9.-]*(/[A-Za-z0-9][A-Za-z0-9.-]*){5}$'
    and greatest(length($7), length($8), length($9), length($10), length($11), length($12)) <= 253
    and coalesce(length($14), 0) <= 253 and coalesce(length($15), 0) <= 1000
    and concat_ws('', $14, $15) !~ ('[' || chr(1) || '-' || chr(31) || chr(127) || ']')
) is not true then
    perform runner_refuse_v1('a tick');
end if;

key := floor(extract(epoch from scheduled_at) / 60)::bigint::text;
-- The update, which changes nothing, locks the flow's row where it is there already.
with slot as (
    insert into flow_slots as s (namespace, flow_uid) values (caller, $10)
    on conflict (namespace, flow_uid) do update set locked = s.locked where false
)
insert into tick_counts as c (namespace, minute, ticks) values (caller, date_trunc('minute', now(), 'UTC'), 1)
on conflict (namespace) do update set
    minute = excluded.minute, ticks = case when c.minute = excluded.minute then c.ticks + 1 else 1 end
where c.minute <> excluded.minute or c.ticks < most_a_minute;
if not found then
    raise exception 'the namespace has had % ticks this minute', most_a_minute using errcode = 'PN429';
end if;
select
    exists (select from executions e where e.id = tick and e.namespace = caller) as stored,
    exists (
        select from flow_definitions d
        where d.namespace = caller and d.hash = $13 and coalesce(d.instance_uid = $8, true)
    ) as known,
    scheduled_at is not null and exists (
        select from pauses p
        where p.namespace = caller and p.flow_uid = $10 and p.since <= scheduled_at and (p.until is null or p.until > scheduled_at)
    ) as paused,
    count(*) as live,
    count(*) filter (where l.state <> 'queued') as begun,
    count(*) filter (where l.flow_uid = $10) as live_here,
    count(*) filter (where l.flow_uid = $10 and l.state <> 'queued') as begun_here
into against
from (
    select l.flow_uid, l.state from live_executions l where l.namespace = caller limit most_live
) as l;
-- What is not deployed in the namespace has no ticks: the operator keeps a definition before it makes a CronJob.
if not against.known then
    perform runner_refuse_v1('a tick of a flow that is not there');
end if;
if against.stored then
    return query select tick, null::text;
    return;
end if;
if against.live >= most_live then
    raise exception 'the namespace has % executions that have not ended', most_live using errcode = 'PN429';
end if;
decided := case
    when against.paused then 'paused'
    when skip_overlap and against.live_here > 0 then 'overlap'
    when flow_limit is not null and (against.begun_here >= flow_limit or against.live_here > against.begun_here) then 'queued'
    when against.begun >= most_begun then 'queued'
end;
reason := case decided
    when 'paused' then 'the flow was paused at that time'
    when 'overlap' then 'an earlier execution of the flow had not ended'
end;
select s.execution_id into stored
from store_executions(
    ids => array[tick], namespaces => array[caller], instances => array[$7], instance_uids => array[$8],
    flows => array[$9], flow_uids => array[$10], integrations => array[$11], versions => array[$12],
    hashes => array[$13], customer_ids => array[$14], customer_names => array[$15],
    triggers => array[case when scheduled_at is null then 'manual' else 'schedule' end],
    requesters => array[requester], payloads => array[payload], warning_lists => array[''],
    states => array[case when reason is not null then 'skipped' when decided = 'queued' then 'queued' else 'starting' end],
    codes => array[case when reason is not null then decided end], messages => array[reason], run_afters => null,
    replays_of => null, retries_of => null, parents => null, full_at => null,
    key_kinds => array[case when key is not null then 'tick' end],
    key_digests => array[sha256(convert_to(key, 'UTF8'))], body_digests => array[''::bytea], key_seconds => array[604800]
) as s;
-- An id that another namespace has is nobody's to use again; the key must not name it either.
if stored = tick and not exists (select from executions e where e.id = tick and e.namespace = caller) then
    perform runner_refuse_v1('the id of a tick');
end if;
return query select stored, case when stored = tick then decided end;
end
$$;

do $$
declare
    made record;
begin
    for made in
        select p.oid::regprocedure as name, p.prosecdef as is_called from pg_proc p
        where p.pronamespace = current_schema()::regnamespace and p.proname like 'runner#_%' escape '#'
    loop
        if made.is_called then -- what these call themselves finds the same
            execute format('alter function %s set search_path to %I, pg_temp', made.name, current_schema());
        end if;
        execute format('revoke execute on function %s from public', made.name);
    end loop;
end
$$;
