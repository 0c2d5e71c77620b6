-- name: missed
-- The places in the list of the ticks that have no row and lie in no pause.
select t.place
from unnest(%(keys)b::bytea[], %(ticks)s::timestamptz[]) with ordinality as t (key, scheduled_at, place)
where not exists (
    select from idempotency_keys k
    where k.namespace = %(namespace)s and k.flow_uid = %(flow_uid)s and k.kind = 'tick' and k.key_sha256 = t.key
) and not exists (
    select from pauses p
    where p.namespace = %(namespace)s and p.flow_uid = %(flow_uid)s
        and p.since <= t.scheduled_at and (p.until is null or p.until > t.scheduled_at)
)
order by t.place

-- name: pause
-- Opens a pause unless one is open.
insert into pauses (namespace, flow_uid, since)
select %(namespace)s, %(flow_uid)s, %(at)s
where not exists (
    select from pauses where namespace = %(namespace)s and flow_uid = %(flow_uid)s and until is null
)
on conflict do nothing

-- name: unpause
-- Closes the open pause, if there is one, and forgets those that no late tick can fall into.
with forgotten as (
    delete from pauses
    where namespace = %(namespace)s and flow_uid = %(flow_uid)s and until < %(at)s::timestamptz - interval '7 days'
)
update pauses set until = greatest(%(at)s, since)
where namespace = %(namespace)s and flow_uid = %(flow_uid)s and until is null
