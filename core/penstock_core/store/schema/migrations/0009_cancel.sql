-- Cancelling on request: who asked, when and why stays with the execution, whatever becomes of it.
-- A function, so that the gateway may cancel and write nothing else of what is live.

-- (A comment would not reach the partitions.)
alter table executions
    add column cancel_requested_at timestamptz,
    add column cancelled_by text,
    add column cancel_reason text;

-- Ends what is queued; what has a Job, or is to get one, is marked: its runner ends it, and where none comes, the operator does
-- and stops the Job. The first who asks is kept.
-- Gives `ended`, `marked`, or null where it is not live, or somebody holds one of its rows just now: nobody is waited for.
create function cancel_execution(execution uuid, within text, requester text, why text) returns text
-- Planned for the one id: a plan for any would open the partitions of all days.
language plpgsql security definer set plan_cache_mode = force_custom_plan as $$
declare
    found_state text;
begin
    select l.state into found_state
    from live_executions l join executions e on e.id = l.id and e.namespace = l.namespace
    where l.id = execution and e.id = execution and l.namespace = within and e.ended_at is null
    for update of l, e skip locked;
    if found_state is null then
        return null;
    end if;
    update executions e set
        cancel_requested_at = now(), cancelled_by = left(requester, 1000), cancel_reason = left(why, 1000)
    where e.id = execution and e.namespace = within and e.cancel_requested_at is null;
    if found_state <> 'queued' then
        update live_executions l set cancel = true, cancel_at = coalesce(l.cancel_at, now())
        where l.id = execution and l.namespace = within;
        return 'marked';
    end if;
    update executions e set
        state = 'cancelled', ended_at = now(), error_code = 'cancelled', error_message = 'cancelled on request'
    where e.id = execution and e.namespace = within;
    return 'ended';
end
$$;
do $$
begin
    execute format('alter function cancel_execution set search_path to %I, pg_temp', current_schema());
end
$$;
revoke execute on function cancel_execution from public;
