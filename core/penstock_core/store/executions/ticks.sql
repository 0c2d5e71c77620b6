-- name: accept
-- Makes a tick an execution, or finds the one that it has; what speaks against running it now.
select * from runner_accept_tick_v1(
    tick => %(id)s, scheduled_at => %(scheduled_at)s, skip_overlap => %(skip_overlap)s, flow_limit => %(flow_limit)s,
    payload => %(payload)b, requester => %(requester)s, instance => %(instance)s, instance_uid => %(instance_uid)s,
    flow => %(flow)s, flow_uid => %(flow_uid)s, integration => %(integration)s, version => %(version)s,
    definition_hash => %(definition_hash)s, customer_id => %(customer_id)s, customer_name => %(customer_name)s
)
