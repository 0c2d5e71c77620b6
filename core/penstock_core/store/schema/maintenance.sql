-- name: attached
-- The names of a table's attached partitions.
select c.relname as name
from pg_inherits i join pg_class c on c.oid = i.inhrelid
where i.inhparent = %(table)s::regclass

-- name: delete_expired_keys
-- Removes one batch of keys whose window is over.
delete from idempotency_keys
where (namespace, flow_uid, kind, key_sha256) in (
    select namespace, flow_uid, kind, key_sha256 from idempotency_keys where expires_at <= now()
    order by expires_at limit %(batch)s for update skip locked
)

-- name: forgotten
-- One batch of ended executions before a bound that lie in the default partition.
select e.id from executions_default e
where e.id < %(before)s and not exists (select from live_executions l where l.id = e.id)
order by e.id limit %(batch)s

-- name: delete_executions
-- Removes executions of the default partition with all that belongs to them.
with
steps as (delete from step_results_default where execution_id = any(%(ids)s)),
logs as (delete from execution_logs_default where execution_id = any(%(ids)s)),
payloads as (delete from execution_payloads_default where execution_id = any(%(ids)s)),
keys as (delete from idempotency_keys where execution_id = any(%(ids)s))
delete from executions_default where id = any(%(ids)s)
