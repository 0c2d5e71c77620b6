-- name: claim
-- Takes the lease of an execution if nobody holds it, and reads all that its run needs.
select * from runner_claim_v1(%(id)s, %(holder)s)

-- name: recorded
-- What earlier claims recorded, in the order in which it ran.
select * from runner_recorded_v1(%(id)s, %(epoch)s)

-- name: renew
-- Keeps the lease and reads the cancel mark; no row: the lease is lost.
select * from runner_renew_v1(%(id)s, %(epoch)s)

-- name: record
-- Steps and logs, if the epoch is still ours; keeps the lease too.
select * from runner_record_v1(execution => %(id)s, claim => %(epoch)s, {records})

-- name: finish
-- The last steps and logs and the final state, if the epoch is still ours.
select * from runner_finish_v1(
    execution => %(id)s, claim => %(epoch)s, outcome => %(state)s, error_code => %(error_code)s,
    error_message => %(error_message)s, failed_step => %(failed_step)s, steps_total => %(steps_total)s,
    steps_failed => %(steps_failed)s, warnings => %(outcome_warnings)s::text[], {records}
)

-- name: records
-- Part of record and finish: steps and log lines by columns.
paths => %(paths)s::text[], attempts => %(attempts)s::integer[], actions => %(actions)s::text[],
statuses => %(statuses)s::text[], starts => %(starts)s::timestamptz[], ends => %(ends)s::timestamptz[],
durations => %(durations)s::bigint[], inputs => %(inputs)b::bytea[], outputs => %(outputs)b::bytea[],
extracts => %(extracts)b::bytea[], assertion_lists => %(assertions)b::bytea[], input_sizes => %(input_sizes)s::bigint[],
output_sizes => %(output_sizes)s::bigint[], truncations => %(truncations)s::boolean[], codes => %(codes)s::text[],
messages => %(messages)s::text[], details => %(details)b::bytea[], items => %(items)s::integer[],
failed_items => %(failed_items)s::integer[], warning_lists => %(warnings)s::text[],
log_sequences => %(log_sequences)s::integer[], log_times => %(log_times)s::timestamptz[],
log_severities => %(log_severities)s::text[], log_steps => %(log_steps)s::text[],
log_messages => %(log_messages)s::text[], log_fields => %(log_fields)b::bytea[]

-- name: finished
-- The state of an execution that has ended.
select * from runner_finished_v1(%(id)s)
