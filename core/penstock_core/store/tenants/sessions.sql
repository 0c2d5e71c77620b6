-- name: unreached
-- Runners' roles whose sessions the caller has not the right to see and to end.
with runner as (
    select m.member as role
    from pg_auth_members m
    join pg_roles g on g.oid = m.roleid and g.rolname ~ '_(callers|runners)$'
    where not m.admin_option
)
select r.rolname::text as role
from runner join pg_roles r on r.oid = runner.role
where r.rolcanlogin and not r.rolsuper and r.rolname <> current_user and not pg_has_role(current_user, r.oid, 'usage')
order by 1

-- name: end_long
-- Ends sessions of runners' roles that hold a transaction longer than they may.
with session as materialized (
    select a.pid, a.usename::text as role, extract(epoch from clock_timestamp() - a.xact_start)::float8 as seconds
    from pg_stat_activity a
    where a.datname = current_database() and a.xact_start < clock_timestamp() - %(older)s * interval '1 second'
        and a.usesysid in (
            select m.member from pg_auth_members m join pg_roles g on g.oid = m.roleid
            where g.rolname ~ '_(callers|runners)$' and not m.admin_option
        )
        and a.usename <> current_user and pg_has_role(current_user, a.usesysid, 'usage')
)
select role, seconds from session where pg_terminate_backend(pid)

-- name: end_blockers
-- Ends sessions of runners' roles that another session waits for.
with session as materialized (
    select a.pid, a.usename::text as role, extract(epoch from clock_timestamp() - a.xact_start)::float8 as seconds
    from unnest(pg_blocking_pids(%(waiting)s)) as blocker (pid)
    join pg_stat_activity a on a.pid = blocker.pid
    where a.usesysid in (
            select m.member from pg_auth_members m join pg_roles g on g.oid = m.roleid
            where g.rolname ~ '_(callers|runners)$' and not m.admin_option
        )
        and a.usename <> current_user and pg_has_role(current_user, a.usesysid, 'usage')
)
select role, seconds from session where pg_terminate_backend(pid)
