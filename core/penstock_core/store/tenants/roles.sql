-- name: callers
-- What the group of all runner roles may do: call the runner's functions, and nothing else.
grant usage on schema {schema} to {role};
grant execute on function runner_claim_v1, runner_recorded_v1, runner_renew_v1, runner_record_v1, runner_finish_v1,
    runner_finished_v1, runner_accept_tick_v1 to {role};

-- name: interface
-- What these functions may do as their owner, on parents only: a grant on a partition would go round the parent's policy.
grant usage on schema {schema} to {role};
grant select on tenants, executions, execution_payloads, step_results, live_executions, flow_slots, idempotency_keys,
    flow_definitions, pauses, tick_counts to {role};
grant insert on executions, execution_payloads, step_results, execution_logs, live_executions, flow_slots,
    idempotency_keys, tick_counts to {role};
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
grant update (minute, ticks) on tick_counts to {role};
grant execute on function store_executions to {role};

-- name: foreign_functions
-- The runner's functions that have another owner than the interface.
select p.oid::regprocedure::text as name
from pg_proc p
where p.pronamespace = current_schema()::regnamespace and p.proname like 'runner#_%%' escape '#'
    and p.proowner <> %(role)s::regrole

-- name: open_to_all
-- What everybody may do in this database and schema that nobody should, and the present role can take back.
select 'revoke temporary, create on database ' || quote_ident(d.datname) || ' from public' as statement
from pg_database d
where d.datname = current_database() and pg_has_role(d.datdba, 'usage') and exists (
    select from aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) as a
    where a.grantee = 0 and a.privilege_type in ('TEMPORARY', 'CREATE')
)
union all
select 'revoke create on schema ' || quote_ident(n.nspname) || ' from public'
from pg_namespace n
where n.oid = current_schema()::regnamespace and pg_has_role(n.nspowner, 'usage') and exists (
    select from aclexplode(n.nspacl) as a where a.grantee = 0 and a.privilege_type = 'CREATE'
)

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

-- name: tables_without_policy
-- Those of the tables that a role has no policy of that name on yet.
select t.name
from unnest(%(tables)s::text[]) as t (name)
where not exists (
    select from pg_policy p
    where p.polrelid = t.name::regclass and p.polname = %(policy)s and p.polroles = array[%(role)s::regrole::oid]
)

-- name: role
-- Whether a role exists.
select from pg_roles where rolname = %(role)s

-- name: member
-- Whether a role belongs to a group directly.
select from pg_auth_members where roleid = %(group)s::regrole and member = %(role)s::regrole

-- name: acts_as
-- Whether the present role has all rights of another.
select where pg_has_role(%(role)s::regrole, 'usage')

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

-- name: members
-- Whether any role belongs to a group, beside the present one that made it.
select from pg_auth_members where roleid = %(group)s::regrole and member <> current_user::regrole limit 1

-- name: retired_rights
-- What takes back from a group all that it was granted in this schema, and its policies with it.
select format('revoke all on all tables in schema %%I from %%s', current_schema(), %(group)s::text) as statement
union all
select format('revoke all on all functions in schema %%I from %%s', current_schema(), %(group)s::text)
union all
select format('drop policy %%I on %%s', p.polname, p.polrelid::regclass)
from pg_policy p join pg_class c on c.oid = p.polrelid
where c.relnamespace = current_schema()::regnamespace and p.polroles = array[%(group)s::regrole::oid]
union all
select 'drop function if exists tenant()'
where not exists (
    select from pg_policy p join pg_class c on c.oid = p.polrelid
    where c.relnamespace = current_schema()::regnamespace
        and p.polroles <> array[%(group)s::regrole::oid] and pg_get_expr(p.polqual, p.polrelid) like '%%tenant()%%'
)
