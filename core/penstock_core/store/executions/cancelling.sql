-- name: cancel
-- Ends what is queued, marks what has a Job; `done` says which, null where there was nothing to do or somebody holds it.
select cancel_execution(%(id)s, %(namespace)s, %(requester)s, %(reason)s) as done
