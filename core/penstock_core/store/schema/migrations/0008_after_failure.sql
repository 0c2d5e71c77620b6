-- A value whose execution failed may start another: executions say whom they repeat.
-- The one door's function, which writes it, stands in 0009_run_again.sql.

-- The failed execution whose value came again, and the one that this made. (A comment would not reach the partitions.)
alter table executions add column repeat_of uuid, add column repeated_by uuid;

-- Writes the link's other end, once, on what has ended; of the own namespace alone, whatever the new row says.
-- What somebody holds is being removed, and is not waited for.
create function execution_linked() returns trigger
language plpgsql security definer set plan_cache_mode = force_custom_plan as $$
begin
    perform from executions e
    where e.id = new.repeat_of and e.namespace = new.namespace and e.ended_at is not null and e.repeated_by is null
    for update skip locked;
    if found then
        update executions e set repeated_by = new.id where e.id = new.repeat_of and e.namespace = new.namespace;
    end if;
    return null;
end
$$;
create trigger execution_linked after insert on executions
    for each row when (new.repeat_of is not null) execute function execution_linked();

do $$
begin
    execute format('alter function execution_linked() set search_path to %I, pg_temp', current_schema());
end
$$;
revoke execute on function execution_linked() from public;
