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
-- One batch of ended executions between two bounds that lie in the default partition.
select e.id, e.namespace from executions_default e
where e.id > %(after)s and e.id < %(before)s
    and not exists (select from live_executions l where l.id = e.id and l.namespace = e.namespace)
order by e.id limit %(batch)s

-- name: delete_parts
-- Removes what belongs to executions of the default partition, but for what somebody holds.
with
item as (
    select * from unnest(%(ids)s::uuid[], %(namespaces)s::text[]) as i (id, namespace)
),
step as (
    select s.execution_id, s.path, s.attempt
    from step_results_default s join item on item.id = s.execution_id and item.namespace = s.namespace
    for update of s skip locked
),
steps as (
    delete from step_results_default s using step
    where s.execution_id = step.execution_id and s.path = step.path and s.attempt = step.attempt
),
line as (
    select l.execution_id, l.epoch, l.sequence
    from execution_logs_default l join item on item.id = l.execution_id and item.namespace = l.namespace
    for update of l skip locked
),
lines as (
    delete from execution_logs_default l using line
    where l.execution_id = line.execution_id and l.epoch = line.epoch and l.sequence = line.sequence
),
payload as (
    select p.execution_id
    from execution_payloads_default p join item on item.id = p.execution_id and item.namespace = p.namespace
    for update of p skip locked
),
payloads as (
    delete from execution_payloads_default p using payload where p.execution_id = payload.execution_id
),
key as (
    select k.namespace, k.flow_uid, k.kind, k.key_sha256
    from idempotency_keys k join item on item.id = k.execution_id and item.namespace = k.namespace
    for update of k skip locked
)
delete from idempotency_keys k using key
where k.namespace = key.namespace and k.flow_uid = key.flow_uid and k.kind = key.kind and k.key_sha256 = key.key_sha256

-- name: delete_executions
-- Removes executions of the default partition of which nothing is left, but for what somebody holds.
with
free as (
    select e.id, e.namespace
    from unnest(%(ids)s::uuid[], %(namespaces)s::text[]) as i (id, namespace)
    join executions_default e on e.id = i.id and e.namespace = i.namespace
    where not exists (select from step_results_default s where s.execution_id = i.id and s.namespace = i.namespace)
        and not exists (select from execution_logs_default l where l.execution_id = i.id and l.namespace = i.namespace)
        and not exists (
            select from execution_payloads_default p where p.execution_id = i.id and p.namespace = i.namespace
        )
    for update of e skip locked
)
delete from executions_default e using free where e.id = free.id and e.namespace = free.namespace
