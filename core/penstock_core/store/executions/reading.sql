-- name: columns
-- Part of what shows executions: texts up to a length, since a page of them is held in memory and rows are a tenant's.
id, namespace, left(instance, 253) as instance, left(instance_uid, 253) as instance_uid, left(flow, 253) as flow,
left(flow_uid, 253) as flow_uid, left(integration, 253) as integration, left(version, 253) as version,
left(customer_id, 1000) as customer_id, left(customer_name, 1000) as customer_name, left(trigger, 253) as trigger, state,
left(definition_hash, 253) as definition_hash, created_at, started_at, ended_at, duration_ms,
left(requested_by, 1000) as requested_by, left(error_code, 253) as error_code,
left(error_message, 10000) as error_message, left(failed_step, 3000) as failed_step, steps_total, steps_failed, replay_of,
retry_of, repeat_of, repeated_by, cancel_requested_at, left(cancelled_by, 1000) as cancelled_by,
left(cancel_reason, 1000) as cancel_reason, {warnings}

-- name: warnings
-- Part of what shows executions and steps: the warnings, unless they are too many to be shown.
case when octet_length(warnings::text) <= 100000 then warnings else array['too many to be shown'] end as warnings

-- name: executions
-- One page of a list, newest first; an absent filter is null.
select {columns}
from executions
where {conditions}
order by id desc limit %(limit)s

-- name: namespaces
-- Namespaces that have executions, by leaps through the index on them: a look-up in each partition for each namespace.
with recursive leap as (
    (select namespace from executions order by namespace limit 1)
    union all
    select (select e.namespace from executions e where e.namespace > leap.namespace order by e.namespace limit 1)
    from leap where leap.namespace is not null
)
select namespace from leap where namespace is not null limit %(limit)s

-- name: counts
-- How many there are of each state among the newest that match.
select state, count(*) as count
from (select state from executions where {conditions} order by id desc limit %(limit)s) as newest
group by state

-- name: execution
-- One execution's summary.
select {columns}
from executions
where id = %(id)s

-- name: steps
-- One page of the attempts of an execution's steps, in the order in which they began, without payloads.
select
    path, attempt, left(action, 253) as action, status, started_at, ended_at, duration_ms, input_size, output_size,
    truncated, left(error_code, 253) as error_code, left(error_message, 10000) as error_message, items_total,
    items_failed, {warnings}
from step_results
where execution_id = %(id)s and namespace = %(namespace)s
    and (started_at, path, attempt) > (coalesce(%(after_start)s::timestamptz, '-infinity'), %(after_path)s, %(after_attempt)s)
order by started_at, path, attempt limit %(limit)s

-- name: step_input
-- What one attempt of a step got.
select input as value
from step_results
where execution_id = %(id)s and namespace = %(namespace)s and path = %(path)s and attempt = %(attempt)s

-- name: step_output
-- What one attempt of a step gave.
select output as value
from step_results
where execution_id = %(id)s and namespace = %(namespace)s and path = %(path)s and attempt = %(attempt)s

-- name: step_assertions
-- The assertions of one attempt of a step, with what was compared.
select assertions as value
from step_results
where execution_id = %(id)s and namespace = %(namespace)s and path = %(path)s and attempt = %(attempt)s

-- name: step_extracted
-- What one attempt of a step extracted.
select extracted as value
from step_results
where execution_id = %(id)s and namespace = %(namespace)s and path = %(path)s and attempt = %(attempt)s

-- name: step_error
-- Why one attempt of a step failed.
select left(error_code, 253) as error_code, left(error_message, 10000) as error_message
from step_results
where execution_id = %(id)s and namespace = %(namespace)s and path = %(path)s and attempt = %(attempt)s and error_code is not null

-- name: step_details
-- Assertions and extractions of the attempts of one page, as far as each is small and they fit together; sizes are known
-- without reading, since these columns are stored apart and not compressed by the server.
with page as (
    select path, attempt, started_at, assertions, extracted
    from step_results
    where execution_id = %(id)s and namespace = %(namespace)s
        and (started_at, path, attempt) > (coalesce(%(after_start)s::timestamptz, '-infinity'), %(after_path)s, %(after_attempt)s)
    order by started_at, path, attempt limit %(limit)s
),
sized as (
    select
        path, attempt, assertions, extracted,
        coalesce(octet_length(assertions), 0) as assertions_size, coalesce(octet_length(extracted), 0) as extracted_size,
        sum(
            case when octet_length(assertions) <= %(each)s then octet_length(assertions) else 0 end
            + case when octet_length(extracted) <= %(each)s then octet_length(extracted) else 0 end
        ) over (order by started_at, path, attempt) as so_far
    from page
    where assertions is not null or extracted is not null
)
select
    path, attempt, assertions_size, extracted_size,
    case when assertions_size <= %(each)s and so_far <= %(total)s then assertions end as assertions,
    case when extracted_size <= %(each)s and so_far <= %(total)s then extracted end as extracted
from sized

-- name: value
-- A value as another query finds it; its size alone where it is larger than may be read.
select octet_length(value) as size, case when octet_length(value) <= %(most)s then value end as value
from ({query}) as found

-- name: payload
-- The trigger data of an execution.
select payload as value
from execution_payloads
where execution_id = %(id)s and namespace = %(namespace)s

-- name: definition
-- A flow as it was when an execution of it ran.
select definition as value from flow_definitions where namespace = %(namespace)s and hash = %(hash)s

-- name: logs
-- One page of an execution's log, in the order in which it was written.
select epoch, sequence, at, severity, message, step, fields
from execution_logs
where execution_id = %(id)s and namespace = %(namespace)s and (epoch, sequence) > (%(epoch)s, %(sequence)s)
order by epoch, sequence limit %(limit)s
