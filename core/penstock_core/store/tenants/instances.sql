-- name: mirror_instances
-- Brings the mirrors of Instances up to date; unchanged ones cost no write.
insert into instances as i (
    uid, namespace, name, integration, version, customer_id, customer_name, labels, paused, ready
)
select * from unnest(
    %(uid)s::text[], %(namespace)s::text[], %(name)s::text[], %(integration)s::text[], %(version)s::text[],
    %(customer_id)s::text[], %(customer_name)s::text[], %(labels)s::jsonb[], %(paused)s::boolean[], %(ready)s::boolean[]
)
on conflict (uid) do update set
    namespace = excluded.namespace, name = excluded.name, integration = excluded.integration,
    version = excluded.version, customer_id = excluded.customer_id, customer_name = excluded.customer_name,
    labels = excluded.labels, paused = excluded.paused, ready = excluded.ready, updated_at = now()
where (i.namespace, i.name, i.integration, i.version, i.customer_id, i.customer_name, i.labels, i.paused, i.ready)
    is distinct from (
        excluded.namespace, excluded.name, excluded.integration, excluded.version, excluded.customer_id,
        excluded.customer_name, excluded.labels, excluded.paused, excluded.ready
    )

-- name: keep_definitions
-- Keeps flows' definitions under their hashes and notes whose they are; known ones cost no write.
insert into flow_definitions as d (namespace, hash, definition, instance_uid)
select %(namespace)s, one.* from unnest(%(hashes)s::text[], %(definitions)s::bytea[], %(instance_uids)s::text[]) as one
on conflict (namespace, hash) do update set instance_uid = excluded.instance_uid
where d.instance_uid is distinct from excluded.instance_uid

-- name: instance_executions
-- One batch of an instance's executions, in the order of their ids; its name leads to them by an index.
select id from executions
where namespace = %(namespace)s and instance = %(instance)s and instance_uid = %(instance_uid)s and id > %(after)s
order by id limit %(batch)s

-- name: delete_executions
-- Removes executions with all that belongs to them; gives their flows.
with
steps as (delete from step_results where execution_id = any(%(ids)s) and namespace = %(namespace)s),
logs as (delete from execution_logs where execution_id = any(%(ids)s) and namespace = %(namespace)s),
payloads as (delete from execution_payloads where execution_id = any(%(ids)s) and namespace = %(namespace)s),
live as (delete from live_executions where id = any(%(ids)s) and namespace = %(namespace)s),
ended as (delete from ended_executions where id = any(%(ids)s) and namespace = %(namespace)s),
gone as (delete from executions where id = any(%(ids)s) and namespace = %(namespace)s returning flow_uid),
flow as (select distinct flow_uid from gone),
keys as (
    delete from idempotency_keys k using flow
    where k.namespace = %(namespace)s and k.flow_uid = flow.flow_uid
),
slots as (delete from flow_slots s using flow where s.namespace = %(namespace)s and s.flow_uid = flow.flow_uid),
intervals as (delete from pauses p using flow where p.namespace = %(namespace)s and p.flow_uid = flow.flow_uid)
select count(*) as count from gone

-- name: delete_instance
-- Removes an instance from the mirror, its flows' definitions, and what belongs to no flow of the namespace any more.
with
definitions as (
    delete from flow_definitions where namespace = %(namespace)s and instance_uid = %(instance_uid)s
),
slots as (
    delete from flow_slots where namespace = %(namespace)s and flow_uid <> all(%(other_flows)s::text[])
),
intervals as (
    delete from pauses where namespace = %(namespace)s and flow_uid <> all(%(other_flows)s::text[])
)
delete from instances where uid = %(instance_uid)s and namespace = %(namespace)s
