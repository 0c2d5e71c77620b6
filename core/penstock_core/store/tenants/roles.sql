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

-- name: doors
-- What lets a role store executions: by the function of now, and by that of before, which is called until all are of now.
select format('grant execute on function %%s to %%s', p.oid::regprocedure, %(role)s::regrole) as statement
from pg_proc p
where p.pronamespace = current_schema()::regnamespace and p.proname = 'store_executions'
    and not has_function_privilege(%(role)s::regrole, p.oid, 'execute')

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
    idempotency_keys, flow_definitions, instances, refusals to {role};
grant insert on executions, execution_payloads, live_executions, flow_slots, idempotency_keys, flow_definitions
    to {role};
grant insert (instance_uid, cause, count), update (count, since) on refusals to {role};
grant update (state, state_since) on live_executions to {role};
grant update (locked) on flow_slots to {role};
grant update (execution_id, body_sha256, expires_at) on idempotency_keys to {role};
grant execute on function cancel_execution to {role};

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

-- name: memberships
-- The groups that a role belongs to directly.
select g.rolname::text as name
from pg_auth_members m join pg_roles g on g.oid = m.roleid join pg_roles r on r.oid = m.member
where r.rolname = %(role)s

-- name: is_ours
-- Whether the present role acts as another, too.
select from pg_roles where rolname = %(role)s and pg_has_role(current_user, oid, 'usage')

-- name: may_limit_files
-- Whether the server's administrator has let us bound what sessions of a role put into temporary files.
select where has_parameter_privilege(current_user, 'temp_file_limit', 'set')

-- name: tie
-- Ties a runner role to its namespace.
insert into tenants (role, namespace, namespace_uid) values (%(role)s, %(namespace)s, %(uid)s)
on conflict (role) do update set namespace_uid = excluded.namespace_uid, retires_at = null
where (tenants.namespace_uid, tenants.retires_at) is distinct from (excluded.namespace_uid, null)

-- name: displace
-- Unties the other roles of a namespace. One that a release before gave to the namespace itself has time, see `give_time`;
-- whoever had a namesake of it has none. Another release's role is not ours to remove.
with displaced as (
    delete from tenants t
    where t.namespace = %(namespace)s and t.role <> %(role)s and (
        t.namespace_uid is not null or not starts_with(t.role::text, %(own)s)
        or exists (select from tenants o where o.namespace = t.namespace and o.namespace_uid <> %(uid)s)
    )
    returning t.role
)
insert into retired_roles (role) select role from displaced where starts_with(role::text, %(own)s) on conflict do nothing

-- name: give_time
-- Runners of the release before may end with the role that they began with, within a time.
update tenants set retires_at = now() + %(seconds)s * interval '1 second'
where namespace = %(namespace)s and role <> %(role)s and retires_at is null

-- name: return_to_service
-- A role that was to be removed serves its namespace again.
delete from retired_roles where role = %(role)s

-- name: untie
-- Unties this release's roles from a namespace: at once they see nothing, and they are to be removed.
with untied as (
    delete from tenants where namespace = %(namespace)s and starts_with(role::text, %(own)s) returning role
)
insert into retired_roles (role) select role from untied on conflict do nothing

-- name: lock
-- One at a time makes or removes roles: two that make the same one would collide. A lock that no tenant can take or hold up:
-- reading the table does not conflict with it, and nobody else may do more.
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
