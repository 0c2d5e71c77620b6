-- name: executions
-- One page of a list, newest first; an absent filter is null.
select
    id, namespace, instance, instance_uid, flow, flow_uid, integration, version, customer_id, customer_name, trigger,
    state, definition_hash, created_at, started_at, ended_at, duration_ms, requested_by, error_code, error_message,
    failed_step, steps_total, steps_failed, replay_of, retry_of, warnings
from executions
where {conditions}
order by id desc limit %(limit)s

-- name: counts
-- How many there are of each state among the newest that match.
select state, count(*) as count
from (select state from executions where {conditions} order by id desc limit %(limit)s) as newest
group by state

-- name: execution
-- One execution's summary.
select
    id, namespace, instance, instance_uid, flow, flow_uid, integration, version, customer_id, customer_name, trigger,
    state, definition_hash, created_at, started_at, ended_at, duration_ms, requested_by, error_code, error_message,
    failed_step, steps_total, steps_failed, replay_of, retry_of, warnings
from executions
where id = %(id)s

-- name: steps
-- The attempts of an execution's steps, in the order in which they began, without payloads.
select
    path, attempt, action, status, started_at, ended_at, duration_ms, input_size, output_size, truncated, error_code,
    error_message, items_total, items_failed, warnings
from step_results
where execution_id = %(id)s
order by started_at, path, attempt

-- name: step_input
-- What one attempt of a step got.
select input as value from step_results where execution_id = %(id)s and path = %(path)s and attempt = %(attempt)s

-- name: step_output
-- What one attempt of a step gave.
select output as value from step_results where execution_id = %(id)s and path = %(path)s and attempt = %(attempt)s

-- name: step_assertions
-- The assertions of one attempt of a step, with what was compared.
select assertions as value from step_results where execution_id = %(id)s and path = %(path)s and attempt = %(attempt)s

-- name: step_extracted
-- What one attempt of a step extracted.
select extracted as value from step_results where execution_id = %(id)s and path = %(path)s and attempt = %(attempt)s

-- name: step_error
-- Why one attempt of a step failed.
select error_code, error_message
from step_results
where execution_id = %(id)s and path = %(path)s and attempt = %(attempt)s and error_code is not null

-- name: step_details
-- Assertions and extractions of all attempts, as far as each is small and they fit together; sizes are known without
-- reading, since these columns are stored apart and not compressed by the server.
with sized as (
    select
        path, attempt, assertions, extracted,
        coalesce(octet_length(assertions), 0) as assertions_size, coalesce(octet_length(extracted), 0) as extracted_size,
        sum(
            case when octet_length(assertions) <= %(each)s then octet_length(assertions) else 0 end
            + case when octet_length(extracted) <= %(each)s then octet_length(extracted) else 0 end
        ) over (order by started_at, path, attempt) as so_far
    from step_results
    where execution_id = %(id)s and (assertions is not null or extracted is not null)
)
select
    path, attempt, assertions_size, extracted_size,
    case when assertions_size <= %(each)s and so_far <= %(total)s then assertions end as assertions,
    case when extracted_size <= %(each)s and so_far <= %(total)s then extracted end as extracted
from sized

-- name: payload
-- The trigger data of an execution.
select payload as value from execution_payloads where execution_id = %(id)s

-- name: definition
-- A flow as it was when an execution of it ran.
select definition as value from flow_definitions where namespace = %(namespace)s and hash = %(hash)s

-- name: logs
-- One page of an execution's log, in the order in which it was written.
select epoch, sequence, at, severity, message, step, fields
from execution_logs
where execution_id = %(id)s and (epoch, sequence) > (%(epoch)s, %(sequence)s)
order by epoch, sequence limit %(limit)s
