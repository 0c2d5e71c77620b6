-- name: cancel
-- Ends what has not begun, marks what runs; `done` says which, null where there was nothing to do or somebody holds it.
select cancel_execution(%(id)s, %(namespace)s, %(requester)s, %(reason)s) as done
