-- name: runners
-- What the group of all runner roles may do, on parents only: a grant on a partition would go round the parent's policy.
grant select on tenants, executions, execution_payloads, step_results, execution_logs, live_executions, flow_slots,
    idempotency_keys, flow_definitions, pauses to {role};
grant insert on executions, execution_payloads, step_results, execution_logs, live_executions, flow_slots,
    idempotency_keys to {role};
grant update (
    state, started_at, ended_at, duration_ms, error_code, error_message, failed_step, steps_total, steps_failed, warnings
) on executions to {role};
grant update (
    status, ended_at, duration_ms, input, output, extracted, assertions, input_size, output_size, truncated, error_code,
    error_message, error_details, items_total, items_failed, warnings
) on step_results to {role};
grant update (state, state_since, epoch, holder, lease_until) on live_executions to {role};
grant update (locked) on flow_slots to {role};
grant update (execution_id, body_sha256, expires_at) on idempotency_keys to {role};
grant execute on function store_executions to {role};

-- name: gateway
-- What the gateway may do: accept, start and show.
grant select on executions, execution_payloads, step_results, execution_logs, live_executions, flow_slots,
    idempotency_keys, flow_definitions, instances to {role};
grant insert on executions, execution_payloads, live_executions, flow_slots, idempotency_keys, flow_definitions
    to {role};
grant update (state, state_since) on live_executions to {role};
grant update (locked) on flow_slots to {role};
grant update (execution_id, body_sha256, expires_at) on idempotency_keys to {role};
grant execute on function store_executions to {role};

-- name: gateway_tables
-- The tables that the gateway is granted and has no policy on yet.
select t.name
from unnest(%(tables)s::text[]) as t (name)
where not exists (
    select from pg_policy p
    where p.polrelid = t.name::regclass and p.polname = 'gateway' and p.polroles = array[%(role)s::regrole::oid]
)

-- name: role
-- Whether a role exists.
select from pg_roles where rolname = %(role)s

-- name: member
-- Whether a role belongs to a group directly.
select from pg_auth_members where roleid = %(group)s::regrole and member = %(role)s::regrole

-- name: add_tenant
-- Ties a runner role to its namespace.
insert into tenants (role, namespace) values (%(role)s, %(namespace)s)
on conflict (role) do update set namespace = excluded.namespace where tenants.namespace <> excluded.namespace

-- name: displace_tenants
-- Unties the roles of other releases from a namespace: it belongs to one.
delete from tenants where namespace = %(namespace)s and role <> %(role)s

-- name: remove_tenant
-- Unties a runner role.
delete from tenants where role = %(role)s

-- name: lock
-- One at a time makes roles: two that make the same one would collide. Whoever may only read the table cannot hold this.
lock table tenants in share row exclusive mode
