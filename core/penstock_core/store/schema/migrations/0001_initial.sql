-- The first schema: what happened (partitioned by the day in the id), what is live, and who may see it.
-- The owner of the tables is the operator and bypasses the policies on purpose; runners and the gateway never own anything.

create table tenants (
    role name primary key,
    namespace text not null unique
);
comment on table tenants is 'Which namespace a runner''s database role belongs to; written by the operator alone.';

-- `return` binds the table when the function is made: a temporary table of the caller cannot take its place.
create function tenant() returns text stable language sql
    return (select namespace from tenants where role = current_user);

create table executions (
    id uuid primary key,
    namespace text not null,
    instance text not null,
    instance_uid text not null,
    flow text not null,
    flow_uid text not null,
    integration text not null,
    version text not null,
    customer_id text,
    customer_name text,
    trigger text not null,
    state text not null check (state in ('queued', 'running', 'passed', 'failed', 'completed_with_errors', 'cancelled', 'timed_out', 'skipped')),
    definition_hash text not null,
    created_at timestamptz not null default now(),
    started_at timestamptz,
    ended_at timestamptz,
    duration_ms bigint,
    requested_by text not null,
    error_code text,
    error_message text,
    failed_step text,
    steps_total integer not null default 0,
    steps_failed integer not null default 0,
    replay_of uuid,
    retry_of uuid,
    warnings text[] not null default '{}',
    check ((ended_at is null) = (state in ('queued', 'running')))
) partition by range (id);
create index executions_namespace on executions (namespace, id);
create index executions_instance on executions (namespace, instance, id);
create index executions_customer on executions (customer_id, id) where customer_id is not null;
-- On the error code, which passing executions never touch: their updates stay heap-only.
create index executions_unsuccessful on executions (namespace, id) where error_code is not null;

create table execution_payloads (
    execution_id uuid primary key,
    namespace text not null,
    payload bytea not null,
    response bytea
) partition by range (execution_id);
alter table execution_payloads alter payload set storage external, alter response set storage external;

create table step_results (
    execution_id uuid not null,
    path text not null,
    attempt integer not null,
    namespace text not null,
    action text not null,
    status text not null check (status in ('running', 'passed', 'failed', 'skipped', 'timed_out', 'cancelled')),
    started_at timestamptz not null,
    ended_at timestamptz,
    duration_ms bigint,
    input bytea,
    output bytea,
    extracted bytea,
    assertions bytea,
    input_size bigint not null default 0,
    output_size bigint not null default 0,
    truncated boolean not null default false,
    error_code text,
    error_message text,
    items_total integer,
    items_failed integer,
    warnings text[] not null default '{}',
    primary key (execution_id, path, attempt)
) partition by range (execution_id);
alter table step_results
    alter input set storage external, alter output set storage external,
    alter extracted set storage external, alter assertions set storage external;

create table execution_logs (
    execution_id uuid not null,
    epoch integer not null,
    sequence integer not null,
    namespace text not null,
    at timestamptz not null,
    severity text not null,
    step text,
    message text not null,
    fields bytea,
    primary key (execution_id, epoch, sequence)
) partition by range (execution_id);

create table executions_default partition of executions default;
create table execution_payloads_default partition of execution_payloads default;
create table step_results_default partition of step_results default;
create table execution_logs_default partition of execution_logs default;

create table live_executions (
    id uuid primary key,
    namespace text not null,
    instance text not null,
    instance_uid text not null,
    flow text not null,
    flow_uid text not null,
    state text not null check (state in ('queued', 'starting', 'running')),
    state_since timestamptz not null default now(),
    run_after timestamptz,
    epoch integer not null default 0,
    holder text,
    lease_until timestamptz,
    cancel boolean not null default false,
    cancel_at timestamptz,
    job_attempt integer not null default 1,
    replaced_at timestamptz
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.1);
comment on column live_executions.cancel_at is 'When the cancel mark was set.';
comment on column live_executions.replaced_at is 'When the Job number job_attempt was asked for; null for the first.';
create index live_executions_flow on live_executions (namespace, flow_uid, state, id);
create index live_executions_state on live_executions (state, id);

create table flow_slots (
    namespace text not null,
    flow_uid text not null,
    locked integer not null default 0,
    primary key (namespace, flow_uid)
);
comment on table flow_slots is 'One row per flow with a limit: locked by whoever decides about its slots.';

-- The namespace leads every key that a runner may write, so that none can take another's place.
create table idempotency_keys (
    namespace text not null,
    flow_uid text not null,
    kind text not null,
    key_sha256 bytea not null,
    execution_id uuid not null,
    body_sha256 bytea not null,
    expires_at timestamptz not null,
    primary key (namespace, flow_uid, kind, key_sha256)
);
create index idempotency_keys_expiry on idempotency_keys (expires_at);

create table flow_definitions (
    namespace text not null,
    hash text not null,
    definition bytea not null,
    instance_uid text,
    created_at timestamptz not null default now(),
    primary key (namespace, hash)
);
comment on column flow_definitions.instance_uid is 'Written by the operator alone: whose data a definition is, and with whom it goes.';
alter table flow_definitions alter definition set storage external;

create table instances (
    uid text primary key,
    namespace text not null,
    name text not null,
    integration text not null,
    version text,
    customer_id text,
    customer_name text,
    labels jsonb not null default '{}',
    paused boolean not null,
    ready boolean not null,
    updated_at timestamptz not null default now()
);
create index instances_name on instances (namespace, name);

create table pauses (
    namespace text not null,
    flow_uid text not null,
    since timestamptz not null,
    until timestamptz,
    primary key (namespace, flow_uid, since)
);

create table ended_executions (
    mark bigint generated always as identity primary key,
    id uuid not null,
    namespace text not null,
    flow_uid text not null,
    state text not null
);
comment on table ended_executions is 'Appended when an execution ends; the operator publishes and removes.';

-- Whoever writes a final state frees the slot in the same transaction, without a right to delete anything.
create function execution_ended() returns trigger language plpgsql security definer as $$
begin
    delete from live_executions where id = new.id and namespace = new.namespace;
    insert into ended_executions (id, namespace, flow_uid, state) values (new.id, new.namespace, new.flow_uid, new.state);
    return null;
end
$$;
do $$
begin
    execute format('alter function execution_ended() set search_path to %I, pg_temp', current_schema());
end
$$;
revoke execute on function execution_ended() from public;
create trigger execution_born_ended after insert on executions
    for each row when (new.ended_at is not null) execute function execution_ended();
create trigger execution_ended after update of state on executions
    for each row when (old.ended_at is null and new.ended_at is not null) execute function execution_ended();

-- Runners: their namespace, and nothing that is final.
alter table tenants enable row level security;
alter table executions enable row level security;
alter table execution_payloads enable row level security;
alter table step_results enable row level security;
alter table execution_logs enable row level security;
alter table executions_default enable row level security;
alter table execution_payloads_default enable row level security;
alter table step_results_default enable row level security;
alter table execution_logs_default enable row level security;
alter table live_executions enable row level security;
alter table flow_slots enable row level security;
alter table idempotency_keys enable row level security;
alter table flow_definitions enable row level security;
alter table instances enable row level security;
alter table pauses enable row level security;
alter table ended_executions enable row level security;

create policy own on tenants for select using (role = current_user);
create policy tenant_reads on executions for select using (namespace = (select tenant()));
create policy tenant_accepts on executions for insert with check (namespace = (select tenant()));
create policy tenant_runs on executions for update
    using (namespace = (select tenant()) and state in ('queued', 'running')) with check (namespace = (select tenant()));
create policy tenant on execution_payloads using (namespace = (select tenant())) with check (namespace = (select tenant()));
create policy tenant_reads on step_results for select using (namespace = (select tenant()));
create policy tenant_records on step_results for insert
    with check (namespace = (select tenant()) and execution_id in (select id from live_executions where state = 'running'));
create policy tenant_ends on step_results for update
    using (namespace = (select tenant()) and execution_id in (select id from live_executions where state = 'running'))
    with check (namespace = (select tenant()));
create policy tenant on execution_logs using (namespace = (select tenant())) with check (namespace = (select tenant()));
-- A lease that never runs out, or a start in the future, would count against everybody's room for ever.
create policy tenant on live_executions using (namespace = (select tenant())) with check (
    namespace = (select tenant())
    and (lease_until is null or lease_until < now() + interval '1 minute')
    and state_since < now() + interval '1 minute'
    and (replaced_at is null or replaced_at < now() + interval '1 minute')
);
create policy tenant on flow_slots using (namespace = (select tenant())) with check (namespace = (select tenant()));
create policy tenant on idempotency_keys using (namespace = (select tenant())) with check (namespace = (select tenant()));
create policy tenant on flow_definitions for select using (namespace = (select tenant()));
create policy tenant on pauses for select using (namespace = (select tenant()));
