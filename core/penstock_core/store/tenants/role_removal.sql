-- name: end_grace
-- Unties roles of the release before whose time is over, or which nobody needs any more: a pod that was about to start when
-- the Secret changed has begun by now (`settled` seconds later), and nothing runs that began before that.
with ended as (
    delete from tenants t
    where t.retires_at is not null and starts_with(t.role::text, %(own)s) and (
        t.retires_at <= now()
        or now() > t.retires_at - %(unsettled)s * interval '1 second' and not exists (
            select from live_executions l
            where l.namespace = t.namespace and l.state in ('starting', 'running')
                and l.state_since < t.retires_at - %(unsettled)s * interval '1 second'
        )
    )
    returning t.role
)
insert into retired_roles (role) select role from ended on conflict do nothing

-- name: next
-- The roles to remove: first what was not tried yet, then what was tried longest ago; the older, the more patiently.
select r.role::text as role from retired_roles r
where not exists (select from tenants t where t.role = r.role)
    and (r.tried_at is null or now() - r.tried_at >= least((now() - r.since) / 4, interval '10 minutes'))
order by r.tried_at nulls first, r.since limit %(limit)s

-- name: begin
-- Notes the try; no row where the role serves a namespace, or was removed meanwhile.
update retired_roles r set tried_at = now()
where r.role = %(role)s and not exists (select from tenants t where t.role = r.role)

-- name: sessions
-- How many sessions a role has.
select count(*)::integer as count from pg_stat_activity where usename = %(role)s

-- name: end_sessions
-- Ends a role's sessions, and waits for each of them half a second at most.
select pg_terminate_backend(pid, 500) from pg_stat_activity where usename = %(role)s

-- name: sharers
-- Runner roles that own what the role was given rights on: as a member of theirs we can take these back.
select distinct r.rolname::text as name
from pg_shdepend given
join pg_shdepend owned using (dbid, classid, objid)
join pg_roles r on r.oid = owned.refobjid
where given.refclassid = 'pg_authid'::regclass and given.refobjid = (select oid from pg_roles where rolname = %(role)s)
    and owned.refclassid = 'pg_authid'::regclass and owned.deptype = 'o' and starts_with(r.rolname::text, %(own)s)

-- name: databases
-- Other databases of the server where something depends on a role.
select distinct d.datname::text as name
from pg_shdepend s join pg_database d on d.oid = s.dbid
where s.refclassid = 'pg_authid'::regclass and s.refobjid = (select oid from pg_roles where rolname = %(role)s)
    and d.datname <> current_database()

-- name: unlink_large_objects
-- Removes a batch of a role's large objects; all at once they would take more locks than the server has.
select count(lo_unlink(oid))::integer as count
from (
    select oid from pg_largeobject_metadata
    where lomowner = (select oid from pg_roles where rolname = %(role)s) limit %(batch)s
) as found

-- name: removed
-- The role is gone.
delete from retired_roles where role = %(role)s
