-- What `retry.when` and later steps see of an error, for a runner that goes on in another's place.
alter table step_results add column error_details bytea;
