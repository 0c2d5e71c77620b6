-- name: count
-- Adds to the counts of instances that there are; in the order of the key, as several gateways count at once.
insert into refusals as r (instance_uid, cause, count)
select one.uid, one.cause, one.count
from unnest(%(uids)s::text[], %(causes)s::text[], %(counts)s::bigint[]) as one (uid, cause, count)
join instances i on i.uid = one.uid
order by one.uid, one.cause
on conflict (instance_uid, cause) do update set
    count = least(r.count, 1000000000000) + excluded.count,
    since = case when r.count = 0 then now() else r.since end

-- name: take
-- What is to be told, longest untold first; it counts from now on anew, and is not to be told again within a time.
with due as (
    select r.instance_uid, r.cause, r.count, r.since
    from refusals r
    where r.count > 0 and r.since <= now() - %(gather)s * interval '1 second'
        and (r.told_at is null or r.told_at <= now() - %(pause)s * interval '1 second')
    order by r.told_at nulls first
    limit %(limit)s
    for update skip locked
),
told as (
    update refusals r set count = 0, told_at = now()
    from due where (r.instance_uid, r.cause) = (due.instance_uid, due.cause)
)
select i.namespace, i.name, due.instance_uid as uid, due.cause, due.count, due.since
from due join instances i on i.uid = due.instance_uid
