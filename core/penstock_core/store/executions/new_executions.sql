-- name: store
-- Stores executions by the one function that does; gives each item's, which is another's where its key was there before;
-- `repeat_of` is the failed one whose key it took over.
select id, execution_id, body_sha256, repeat_of
from store_executions(
    ids => %(ids)s::uuid[], namespaces => %(namespaces)s::text[], instances => %(instances)s::text[],
    instance_uids => %(instance_uids)s::text[], flows => %(flows)s::text[], flow_uids => %(flow_uids)s::text[],
    integrations => %(integrations)s::text[], versions => %(versions)s::text[], hashes => %(hashes)s::text[],
    customer_ids => %(customer_ids)s::text[], customer_names => %(customer_names)s::text[],
    triggers => %(triggers)s::text[], requesters => %(requesters)s::text[], payloads => %(payloads)b::bytea[],
    warning_lists => %(warnings)s::text[], states => %(states)s::text[], codes => %(codes)s::text[],
    messages => %(messages)s::text[], run_afters => %(run_afters)s::timestamptz[],
    replays_of => %(replays_of)s::uuid[], retries_of => %(retries_of)s::uuid[], parents => %(parents)s::uuid[],
    full_at => %(full_at)s::integer[], key_kinds => %(key_kinds)s::text[], key_digests => %(key_digests)b::bytea[],
    body_digests => %(body_digests)b::bytea[], key_seconds => %(key_seconds)s::integer[],
    key_agains => %(key_agains)s::boolean[]
)
