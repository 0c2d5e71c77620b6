do $$ begin
    perform 1 from pg_roles where rolname = 'recorded_runners'; if not found then create role recorded_runners nologin; end if;
    perform 1 from pg_roles where rolname = 'recorded_gateway'; if not found then create role recorded_gateway login; end if;
    perform 1 from pg_roles where rolname = 'recorded_822b33ad87c148a0'; if not found then create role recorded_822b33ad87c148a0 login; end if;
    perform 1 from pg_roles where rolname = 'recorded_5bc1a08d28e40fe7'; if not found then create role recorded_5bc1a08d28e40fe7 login; end if;
    grant recorded_runners to recorded_822b33ad87c148a0;
    grant recorded_runners to recorded_5bc1a08d28e40fe7;
end $$;

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

CREATE FUNCTION public.execution_ended() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
begin
    delete from live_executions where id = new.id and namespace = new.namespace;
    insert into ended_executions (id, namespace, flow_uid, state) values (new.id, new.namespace, new.flow_uid, new.state);
    return null;
end
$$;

SET default_tablespace = '';

SET default_table_access_method = heap;

CREATE TABLE public.tenants (
    role name NOT NULL,
    namespace text NOT NULL
);

COMMENT ON TABLE public.tenants IS 'Which namespace a runner''s database role belongs to; written by the operator alone.';

CREATE FUNCTION public.tenant() RETURNS text
    LANGUAGE sql STABLE
    RETURN (SELECT tenants.namespace FROM public.tenants WHERE (tenants.role = CURRENT_USER));

CREATE TABLE public.ended_executions (
    mark bigint NOT NULL,
    id uuid NOT NULL,
    namespace text NOT NULL,
    flow_uid text NOT NULL,
    state text NOT NULL
);

COMMENT ON TABLE public.ended_executions IS 'Appended when an execution ends; the operator publishes and removes.';

ALTER TABLE public.ended_executions ALTER COLUMN mark ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.ended_executions_mark_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.execution_logs (
    execution_id uuid NOT NULL,
    epoch integer NOT NULL,
    sequence integer NOT NULL,
    namespace text NOT NULL,
    at timestamp with time zone NOT NULL,
    severity text NOT NULL,
    step text,
    message text NOT NULL,
    fields bytea
)
PARTITION BY RANGE (execution_id);

CREATE TABLE public.execution_logs_default (
    execution_id uuid NOT NULL,
    epoch integer NOT NULL,
    sequence integer NOT NULL,
    namespace text NOT NULL,
    at timestamp with time zone NOT NULL,
    severity text NOT NULL,
    step text,
    message text NOT NULL,
    fields bytea
);

CREATE TABLE public.execution_logs_p20260301 (
    execution_id uuid NOT NULL,
    epoch integer NOT NULL,
    sequence integer NOT NULL,
    namespace text NOT NULL,
    at timestamp with time zone NOT NULL,
    severity text NOT NULL,
    step text,
    message text NOT NULL,
    fields bytea
);

CREATE TABLE public.execution_logs_p20260302 (
    execution_id uuid NOT NULL,
    epoch integer NOT NULL,
    sequence integer NOT NULL,
    namespace text NOT NULL,
    at timestamp with time zone NOT NULL,
    severity text NOT NULL,
    step text,
    message text NOT NULL,
    fields bytea
);

CREATE TABLE public.execution_logs_p20260303 (
    execution_id uuid NOT NULL,
    epoch integer NOT NULL,
    sequence integer NOT NULL,
    namespace text NOT NULL,
    at timestamp with time zone NOT NULL,
    severity text NOT NULL,
    step text,
    message text NOT NULL,
    fields bytea
);

CREATE TABLE public.execution_payloads (
    execution_id uuid NOT NULL,
    namespace text NOT NULL,
    payload bytea NOT NULL,
    response bytea
)
PARTITION BY RANGE (execution_id);
ALTER TABLE ONLY public.execution_payloads ALTER COLUMN payload SET STORAGE EXTERNAL;
ALTER TABLE ONLY public.execution_payloads ALTER COLUMN response SET STORAGE EXTERNAL;

CREATE TABLE public.execution_payloads_default (
    execution_id uuid NOT NULL,
    namespace text NOT NULL,
    payload bytea NOT NULL,
    response bytea
);
ALTER TABLE ONLY public.execution_payloads_default ALTER COLUMN payload SET STORAGE EXTERNAL;
ALTER TABLE ONLY public.execution_payloads_default ALTER COLUMN response SET STORAGE EXTERNAL;

CREATE TABLE public.execution_payloads_p20260301 (
    execution_id uuid NOT NULL,
    namespace text NOT NULL,
    payload bytea NOT NULL,
    response bytea
);
ALTER TABLE ONLY public.execution_payloads_p20260301 ALTER COLUMN payload SET STORAGE EXTERNAL;
ALTER TABLE ONLY public.execution_payloads_p20260301 ALTER COLUMN response SET STORAGE EXTERNAL;

CREATE TABLE public.execution_payloads_p20260302 (
    execution_id uuid NOT NULL,
    namespace text NOT NULL,
    payload bytea NOT NULL,
    response bytea
);
ALTER TABLE ONLY public.execution_payloads_p20260302 ALTER COLUMN payload SET STORAGE EXTERNAL;
ALTER TABLE ONLY public.execution_payloads_p20260302 ALTER COLUMN response SET STORAGE EXTERNAL;

CREATE TABLE public.execution_payloads_p20260303 (
    execution_id uuid NOT NULL,
    namespace text NOT NULL,
    payload bytea NOT NULL,
    response bytea
);
ALTER TABLE ONLY public.execution_payloads_p20260303 ALTER COLUMN payload SET STORAGE EXTERNAL;
ALTER TABLE ONLY public.execution_payloads_p20260303 ALTER COLUMN response SET STORAGE EXTERNAL;

CREATE TABLE public.executions (
    id uuid NOT NULL,
    namespace text NOT NULL,
    instance text NOT NULL,
    instance_uid text NOT NULL,
    flow text NOT NULL,
    flow_uid text NOT NULL,
    integration text NOT NULL,
    version text NOT NULL,
    customer_id text,
    customer_name text,
    trigger text NOT NULL,
    state text NOT NULL,
    definition_hash text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    started_at timestamp with time zone,
    ended_at timestamp with time zone,
    duration_ms bigint,
    requested_by text NOT NULL,
    error_code text,
    error_message text,
    failed_step text,
    steps_total integer DEFAULT 0 NOT NULL,
    steps_failed integer DEFAULT 0 NOT NULL,
    replay_of uuid,
    retry_of uuid,
    warnings text[] DEFAULT '{}'::text[] NOT NULL,
    CONSTRAINT executions_check CHECK (((ended_at IS NULL) = (state = ANY (ARRAY['queued'::text, 'running'::text])))),
    CONSTRAINT executions_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'running'::text, 'passed'::text, 'failed'::text, 'completed_with_errors'::text, 'cancelled'::text, 'timed_out'::text, 'skipped'::text])))
)
PARTITION BY RANGE (id);

CREATE TABLE public.executions_default (
    id uuid NOT NULL,
    namespace text NOT NULL,
    instance text NOT NULL,
    instance_uid text NOT NULL,
    flow text NOT NULL,
    flow_uid text NOT NULL,
    integration text NOT NULL,
    version text NOT NULL,
    customer_id text,
    customer_name text,
    trigger text NOT NULL,
    state text NOT NULL,
    definition_hash text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    started_at timestamp with time zone,
    ended_at timestamp with time zone,
    duration_ms bigint,
    requested_by text NOT NULL,
    error_code text,
    error_message text,
    failed_step text,
    steps_total integer DEFAULT 0 NOT NULL,
    steps_failed integer DEFAULT 0 NOT NULL,
    replay_of uuid,
    retry_of uuid,
    warnings text[] DEFAULT '{}'::text[] NOT NULL,
    CONSTRAINT executions_check CHECK (((ended_at IS NULL) = (state = ANY (ARRAY['queued'::text, 'running'::text])))),
    CONSTRAINT executions_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'running'::text, 'passed'::text, 'failed'::text, 'completed_with_errors'::text, 'cancelled'::text, 'timed_out'::text, 'skipped'::text])))
);

CREATE TABLE public.executions_p20260301 (
    id uuid NOT NULL,
    namespace text NOT NULL,
    instance text NOT NULL,
    instance_uid text NOT NULL,
    flow text NOT NULL,
    flow_uid text NOT NULL,
    integration text NOT NULL,
    version text NOT NULL,
    customer_id text,
    customer_name text,
    trigger text NOT NULL,
    state text NOT NULL,
    definition_hash text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    started_at timestamp with time zone,
    ended_at timestamp with time zone,
    duration_ms bigint,
    requested_by text NOT NULL,
    error_code text,
    error_message text,
    failed_step text,
    steps_total integer DEFAULT 0 NOT NULL,
    steps_failed integer DEFAULT 0 NOT NULL,
    replay_of uuid,
    retry_of uuid,
    warnings text[] DEFAULT '{}'::text[] NOT NULL,
    CONSTRAINT executions_check CHECK (((ended_at IS NULL) = (state = ANY (ARRAY['queued'::text, 'running'::text])))),
    CONSTRAINT executions_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'running'::text, 'passed'::text, 'failed'::text, 'completed_with_errors'::text, 'cancelled'::text, 'timed_out'::text, 'skipped'::text])))
)
WITH (fillfactor='75');

CREATE TABLE public.executions_p20260302 (
    id uuid NOT NULL,
    namespace text NOT NULL,
    instance text NOT NULL,
    instance_uid text NOT NULL,
    flow text NOT NULL,
    flow_uid text NOT NULL,
    integration text NOT NULL,
    version text NOT NULL,
    customer_id text,
    customer_name text,
    trigger text NOT NULL,
    state text NOT NULL,
    definition_hash text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    started_at timestamp with time zone,
    ended_at timestamp with time zone,
    duration_ms bigint,
    requested_by text NOT NULL,
    error_code text,
    error_message text,
    failed_step text,
    steps_total integer DEFAULT 0 NOT NULL,
    steps_failed integer DEFAULT 0 NOT NULL,
    replay_of uuid,
    retry_of uuid,
    warnings text[] DEFAULT '{}'::text[] NOT NULL,
    CONSTRAINT executions_check CHECK (((ended_at IS NULL) = (state = ANY (ARRAY['queued'::text, 'running'::text])))),
    CONSTRAINT executions_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'running'::text, 'passed'::text, 'failed'::text, 'completed_with_errors'::text, 'cancelled'::text, 'timed_out'::text, 'skipped'::text])))
)
WITH (fillfactor='75');

CREATE TABLE public.executions_p20260303 (
    id uuid NOT NULL,
    namespace text NOT NULL,
    instance text NOT NULL,
    instance_uid text NOT NULL,
    flow text NOT NULL,
    flow_uid text NOT NULL,
    integration text NOT NULL,
    version text NOT NULL,
    customer_id text,
    customer_name text,
    trigger text NOT NULL,
    state text NOT NULL,
    definition_hash text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    started_at timestamp with time zone,
    ended_at timestamp with time zone,
    duration_ms bigint,
    requested_by text NOT NULL,
    error_code text,
    error_message text,
    failed_step text,
    steps_total integer DEFAULT 0 NOT NULL,
    steps_failed integer DEFAULT 0 NOT NULL,
    replay_of uuid,
    retry_of uuid,
    warnings text[] DEFAULT '{}'::text[] NOT NULL,
    CONSTRAINT executions_check CHECK (((ended_at IS NULL) = (state = ANY (ARRAY['queued'::text, 'running'::text])))),
    CONSTRAINT executions_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'running'::text, 'passed'::text, 'failed'::text, 'completed_with_errors'::text, 'cancelled'::text, 'timed_out'::text, 'skipped'::text])))
)
WITH (fillfactor='75');

CREATE TABLE public.flow_definitions (
    namespace text NOT NULL,
    hash text NOT NULL,
    definition bytea NOT NULL,
    instance_uid text,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);
ALTER TABLE ONLY public.flow_definitions ALTER COLUMN definition SET STORAGE EXTERNAL;

COMMENT ON COLUMN public.flow_definitions.instance_uid IS 'Written by the operator alone: whose data a definition is, and with whom it goes.';

CREATE TABLE public.flow_slots (
    namespace text NOT NULL,
    flow_uid text NOT NULL,
    locked integer DEFAULT 0 NOT NULL
);

COMMENT ON TABLE public.flow_slots IS 'One row per flow with a limit: locked by whoever decides about its slots.';

CREATE TABLE public.idempotency_keys (
    namespace text NOT NULL,
    flow_uid text NOT NULL,
    kind text NOT NULL,
    key_sha256 bytea NOT NULL,
    execution_id uuid NOT NULL,
    body_sha256 bytea NOT NULL,
    expires_at timestamp with time zone NOT NULL
);

CREATE TABLE public.instances (
    uid text NOT NULL,
    namespace text NOT NULL,
    name text NOT NULL,
    integration text NOT NULL,
    version text,
    customer_id text,
    customer_name text,
    labels jsonb DEFAULT '{}'::jsonb NOT NULL,
    paused boolean NOT NULL,
    ready boolean NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.live_executions (
    id uuid NOT NULL,
    namespace text NOT NULL,
    instance text NOT NULL,
    instance_uid text NOT NULL,
    flow text NOT NULL,
    flow_uid text NOT NULL,
    state text NOT NULL,
    state_since timestamp with time zone DEFAULT now() NOT NULL,
    run_after timestamp with time zone,
    epoch integer DEFAULT 0 NOT NULL,
    holder text,
    lease_until timestamp with time zone,
    cancel boolean DEFAULT false NOT NULL,
    cancel_at timestamp with time zone,
    job_attempt integer DEFAULT 1 NOT NULL,
    replaced_at timestamp with time zone,
    CONSTRAINT live_executions_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'starting'::text, 'running'::text])))
)
WITH (fillfactor='50', autovacuum_vacuum_scale_factor='0.02', autovacuum_analyze_scale_factor='0.1');

COMMENT ON COLUMN public.live_executions.cancel_at IS 'When the cancel mark was set.';

COMMENT ON COLUMN public.live_executions.replaced_at IS 'When the Job number job_attempt was asked for; null for the first.';

CREATE TABLE public.pauses (
    namespace text NOT NULL,
    flow_uid text NOT NULL,
    since timestamp with time zone NOT NULL,
    until timestamp with time zone
);

CREATE TABLE public.schema_migrations (
    name text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.step_results (
    execution_id uuid NOT NULL,
    path text NOT NULL,
    attempt integer NOT NULL,
    namespace text NOT NULL,
    action text NOT NULL,
    status text NOT NULL,
    started_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    duration_ms bigint,
    input bytea,
    output bytea,
    extracted bytea,
    assertions bytea,
    input_size bigint DEFAULT 0 NOT NULL,
    output_size bigint DEFAULT 0 NOT NULL,
    truncated boolean DEFAULT false NOT NULL,
    error_code text,
    error_message text,
    items_total integer,
    items_failed integer,
    warnings text[] DEFAULT '{}'::text[] NOT NULL,
    error_details bytea,
    CONSTRAINT step_results_status_check CHECK ((status = ANY (ARRAY['running'::text, 'passed'::text, 'failed'::text, 'skipped'::text, 'timed_out'::text, 'cancelled'::text])))
)
PARTITION BY RANGE (execution_id);
ALTER TABLE ONLY public.step_results ALTER COLUMN input SET STORAGE EXTERNAL;
ALTER TABLE ONLY public.step_results ALTER COLUMN output SET STORAGE EXTERNAL;
ALTER TABLE ONLY public.step_results ALTER COLUMN extracted SET STORAGE EXTERNAL;
ALTER TABLE ONLY public.step_results ALTER COLUMN assertions SET STORAGE EXTERNAL;

CREATE TABLE public.step_results_default (
    execution_id uuid NOT NULL,
    path text NOT NULL,
    attempt integer NOT NULL,
    namespace text NOT NULL,
    action text NOT NULL,
    status text NOT NULL,
    started_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    duration_ms bigint,
    input bytea,
    output bytea,
    extracted bytea,
    assertions bytea,
    input_size bigint DEFAULT 0 NOT NULL,
    output_size bigint DEFAULT 0 NOT NULL,
    truncated boolean DEFAULT false NOT NULL,
    error_code text,
    error_message text,
    items_total integer,
    items_failed integer,
    warnings text[] DEFAULT '{}'::text[] NOT NULL,
    error_details bytea,
    CONSTRAINT step_results_status_check CHECK ((status = ANY (ARRAY['running'::text, 'passed'::text, 'failed'::text, 'skipped'::text, 'timed_out'::text, 'cancelled'::text])))
);
ALTER TABLE ONLY public.step_results_default ALTER COLUMN input SET STORAGE EXTERNAL;
ALTER TABLE ONLY public.step_results_default ALTER COLUMN output SET STORAGE EXTERNAL;
ALTER TABLE ONLY public.step_results_default ALTER COLUMN extracted SET STORAGE EXTERNAL;
ALTER TABLE ONLY public.step_results_default ALTER COLUMN assertions SET STORAGE EXTERNAL;

CREATE TABLE public.step_results_p20260301 (
    execution_id uuid NOT NULL,
    path text NOT NULL,
    attempt integer NOT NULL,
    namespace text NOT NULL,
    action text NOT NULL,
    status text NOT NULL,
    started_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    duration_ms bigint,
    input bytea,
    output bytea,
    extracted bytea,
    assertions bytea,
    input_size bigint DEFAULT 0 NOT NULL,
    output_size bigint DEFAULT 0 NOT NULL,
    truncated boolean DEFAULT false NOT NULL,
    error_code text,
    error_message text,
    items_total integer,
    items_failed integer,
    warnings text[] DEFAULT '{}'::text[] NOT NULL,
    error_details bytea,
    CONSTRAINT step_results_status_check CHECK ((status = ANY (ARRAY['running'::text, 'passed'::text, 'failed'::text, 'skipped'::text, 'timed_out'::text, 'cancelled'::text])))
);
ALTER TABLE ONLY public.step_results_p20260301 ALTER COLUMN input SET STORAGE EXTERNAL;
ALTER TABLE ONLY public.step_results_p20260301 ALTER COLUMN output SET STORAGE EXTERNAL;
ALTER TABLE ONLY public.step_results_p20260301 ALTER COLUMN extracted SET STORAGE EXTERNAL;
ALTER TABLE ONLY public.step_results_p20260301 ALTER COLUMN assertions SET STORAGE EXTERNAL;

CREATE TABLE public.step_results_p20260302 (
    execution_id uuid NOT NULL,
    path text NOT NULL,
    attempt integer NOT NULL,
    namespace text NOT NULL,
    action text NOT NULL,
    status text NOT NULL,
    started_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    duration_ms bigint,
    input bytea,
    output bytea,
    extracted bytea,
    assertions bytea,
    input_size bigint DEFAULT 0 NOT NULL,
    output_size bigint DEFAULT 0 NOT NULL,
    truncated boolean DEFAULT false NOT NULL,
    error_code text,
    error_message text,
    items_total integer,
    items_failed integer,
    warnings text[] DEFAULT '{}'::text[] NOT NULL,
    error_details bytea,
    CONSTRAINT step_results_status_check CHECK ((status = ANY (ARRAY['running'::text, 'passed'::text, 'failed'::text, 'skipped'::text, 'timed_out'::text, 'cancelled'::text])))
);
ALTER TABLE ONLY public.step_results_p20260302 ALTER COLUMN input SET STORAGE EXTERNAL;
ALTER TABLE ONLY public.step_results_p20260302 ALTER COLUMN output SET STORAGE EXTERNAL;
ALTER TABLE ONLY public.step_results_p20260302 ALTER COLUMN extracted SET STORAGE EXTERNAL;
ALTER TABLE ONLY public.step_results_p20260302 ALTER COLUMN assertions SET STORAGE EXTERNAL;

CREATE TABLE public.step_results_p20260303 (
    execution_id uuid NOT NULL,
    path text NOT NULL,
    attempt integer NOT NULL,
    namespace text NOT NULL,
    action text NOT NULL,
    status text NOT NULL,
    started_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    duration_ms bigint,
    input bytea,
    output bytea,
    extracted bytea,
    assertions bytea,
    input_size bigint DEFAULT 0 NOT NULL,
    output_size bigint DEFAULT 0 NOT NULL,
    truncated boolean DEFAULT false NOT NULL,
    error_code text,
    error_message text,
    items_total integer,
    items_failed integer,
    warnings text[] DEFAULT '{}'::text[] NOT NULL,
    error_details bytea,
    CONSTRAINT step_results_status_check CHECK ((status = ANY (ARRAY['running'::text, 'passed'::text, 'failed'::text, 'skipped'::text, 'timed_out'::text, 'cancelled'::text])))
);
ALTER TABLE ONLY public.step_results_p20260303 ALTER COLUMN input SET STORAGE EXTERNAL;
ALTER TABLE ONLY public.step_results_p20260303 ALTER COLUMN output SET STORAGE EXTERNAL;
ALTER TABLE ONLY public.step_results_p20260303 ALTER COLUMN extracted SET STORAGE EXTERNAL;
ALTER TABLE ONLY public.step_results_p20260303 ALTER COLUMN assertions SET STORAGE EXTERNAL;

ALTER TABLE ONLY public.execution_logs ATTACH PARTITION public.execution_logs_default DEFAULT;

ALTER TABLE ONLY public.execution_logs ATTACH PARTITION public.execution_logs_p20260301 FOR VALUES FROM ('019ca6b1-dc00-0000-0000-000000000000') TO ('019cabd8-3800-0000-0000-000000000000');

ALTER TABLE ONLY public.execution_logs ATTACH PARTITION public.execution_logs_p20260302 FOR VALUES FROM ('019cabd8-3800-0000-0000-000000000000') TO ('019cb0fe-9400-0000-0000-000000000000');

ALTER TABLE ONLY public.execution_logs ATTACH PARTITION public.execution_logs_p20260303 FOR VALUES FROM ('019cb0fe-9400-0000-0000-000000000000') TO ('019cb624-f000-0000-0000-000000000000');

ALTER TABLE ONLY public.execution_payloads ATTACH PARTITION public.execution_payloads_default DEFAULT;

ALTER TABLE ONLY public.execution_payloads ATTACH PARTITION public.execution_payloads_p20260301 FOR VALUES FROM ('019ca6b1-dc00-0000-0000-000000000000') TO ('019cabd8-3800-0000-0000-000000000000');

ALTER TABLE ONLY public.execution_payloads ATTACH PARTITION public.execution_payloads_p20260302 FOR VALUES FROM ('019cabd8-3800-0000-0000-000000000000') TO ('019cb0fe-9400-0000-0000-000000000000');

ALTER TABLE ONLY public.execution_payloads ATTACH PARTITION public.execution_payloads_p20260303 FOR VALUES FROM ('019cb0fe-9400-0000-0000-000000000000') TO ('019cb624-f000-0000-0000-000000000000');

ALTER TABLE ONLY public.executions ATTACH PARTITION public.executions_default DEFAULT;

ALTER TABLE ONLY public.executions ATTACH PARTITION public.executions_p20260301 FOR VALUES FROM ('019ca6b1-dc00-0000-0000-000000000000') TO ('019cabd8-3800-0000-0000-000000000000');

ALTER TABLE ONLY public.executions ATTACH PARTITION public.executions_p20260302 FOR VALUES FROM ('019cabd8-3800-0000-0000-000000000000') TO ('019cb0fe-9400-0000-0000-000000000000');

ALTER TABLE ONLY public.executions ATTACH PARTITION public.executions_p20260303 FOR VALUES FROM ('019cb0fe-9400-0000-0000-000000000000') TO ('019cb624-f000-0000-0000-000000000000');

ALTER TABLE ONLY public.step_results ATTACH PARTITION public.step_results_default DEFAULT;

ALTER TABLE ONLY public.step_results ATTACH PARTITION public.step_results_p20260301 FOR VALUES FROM ('019ca6b1-dc00-0000-0000-000000000000') TO ('019cabd8-3800-0000-0000-000000000000');

ALTER TABLE ONLY public.step_results ATTACH PARTITION public.step_results_p20260302 FOR VALUES FROM ('019cabd8-3800-0000-0000-000000000000') TO ('019cb0fe-9400-0000-0000-000000000000');

ALTER TABLE ONLY public.step_results ATTACH PARTITION public.step_results_p20260303 FOR VALUES FROM ('019cb0fe-9400-0000-0000-000000000000') TO ('019cb624-f000-0000-0000-000000000000');

INSERT INTO public.ended_executions (mark, id, namespace, flow_uid, state) OVERRIDING SYSTEM VALUE VALUES
	(1, '019cae6c-5060-7000-8000-000000000001', 'acme', '11111111-0000-4000-8000-000000000001', 'passed'),
	(2, '019cae6d-3ac0-7000-8000-000000000002', 'acme', '11111111-0000-4000-8000-000000000001', 'failed'),
	(3, '019cae6e-2520-7000-8000-000000000003', 'acme', '11111111-0000-4000-8000-000000000001', 'completed_with_errors'),
	(4, '019cae6f-0f80-7000-8000-000000000004', 'acme', '11111111-0000-4000-8000-000000000001', 'timed_out'),
	(5, '019cae6f-f9e0-7000-8000-000000000005', 'acme', '11111111-0000-4000-8000-000000000004', 'cancelled'),
	(6, '019cae70-e440-7000-8000-000000000006', 'acme', '11111111-0000-4000-8000-000000000001', 'cancelled'),
	(7, '019cae71-cea0-7000-8000-000000000007', 'acme', '11111111-0000-4000-8000-000000000001', 'failed'),
	(8, '019cae72-b900-7000-8000-000000000008', 'acme', '11111111-0000-4000-8000-000000000002', 'passed'),
	(9, '019cae75-7820-7000-8000-00000000000b', 'acme', '11111111-0000-4000-8000-000000000003', 'skipped'),
	(10, '019cae74-8dc0-7000-8000-00000000000a', 'acme', '11111111-0000-4000-8000-000000000003', 'passed'),
	(11, '019cae76-6280-7000-8000-00000000000c', 'acme', '11111111-0000-4000-8000-000000000003', 'passed'),
	(12, '019cae77-4ce0-7000-8000-00000000000d', 'acme', '11111111-0000-4000-8000-000000000003', 'skipped'),
	(13, '019cae86-dd40-7000-8000-00000000001e', 'globex', 'globex-importOrder', 'completed_with_errors'),
	(14, '019ca969-a900-7000-8000-000000000028', 'acme', '11111111-0000-4000-8000-000000000001', 'failed'),
	(15, '019cb3b7-4b60-7000-8000-000000000029', 'acme', '11111111-0000-4000-8000-000000000001', 'passed'),
	(16, '019de38f-69c0-7000-8000-00000000002a', 'acme', '11111111-0000-4000-8000-000000000001', 'passed');

INSERT INTO public.execution_logs_default (execution_id, epoch, sequence, namespace, at, severity, step, message, fields) VALUES
	('019de38f-69c0-7000-8000-00000000002a', 1, 1, 'acme', '2026-05-01 12:42:00.976126+00', 'info', 'price', 'priced', '\x0182a56c696e657303a863757272656e6379a3455552'),
	('019de38f-69c0-7000-8000-00000000002a', 1, 2, 'acme', '2026-05-01 12:42:00.976327+00', 'warn', 'price', 'one line has no price', NULL);

INSERT INTO public.execution_logs_p20260301 (execution_id, epoch, sequence, namespace, at, severity, step, message, fields) VALUES
	('019ca969-a900-7000-8000-000000000028', 1, 1, 'acme', '2026-03-01 12:40:00.724568+00', 'warn', 'valid', 'attempt 1 of 2 failed, the next one follows in 0.001 s: `config.order.id == ''B-2''` is not true: the left side is "A-1", the right side "B-2" (and 1 more of 2 are not)', NULL);

INSERT INTO public.execution_logs_p20260302 (execution_id, epoch, sequence, namespace, at, severity, step, message, fields) VALUES
	('019cae6c-5060-7000-8000-000000000001', 1, 1, 'acme', '2026-03-02 12:01:00.701204+00', 'info', 'price', 'priced', '\x0182a56c696e657303a863757272656e6379a3455552'),
	('019cae6c-5060-7000-8000-000000000001', 1, 2, 'acme', '2026-03-02 12:01:00.701354+00', 'warn', 'price', 'one line has no price', NULL),
	('019cae6d-3ac0-7000-8000-000000000002', 1, 1, 'acme', '2026-03-02 12:02:00.315718+00', 'warn', 'valid', 'attempt 1 of 2 failed, the next one follows in 0.001 s: `config.order.id == ''B-2''` is not true: the left side is "A-1", the right side "B-2" (and 1 more of 2 are not)', NULL),
	('019cae70-e440-7000-8000-000000000006', 1, 1, 'acme', '2026-03-02 12:06:00.026113+00', 'warn', 'send', 'attempt 1 of 3 failed', '\x0182a7617474656d707401a26f6603'),
	('019cae70-e440-7000-8000-000000000006', 1, 2, 'acme', '2026-03-02 12:06:00.026113+00', 'info', NULL, 'sent', NULL),
	('019cae71-cea0-7000-8000-000000000007', 1, 1, 'acme', '2026-03-02 12:07:00.017926+00', 'warn', 'send', 'attempt 1 of 3 failed', '\x0182a7617474656d707401a26f6603'),
	('019cae71-cea0-7000-8000-000000000007', 1, 2, 'acme', '2026-03-02 12:07:00.017926+00', 'info', NULL, 'sent', NULL),
	('019cae7d-b580-7000-8000-000000000014', 1, 1, 'acme', '2026-03-02 12:20:00.091249+00', 'warn', 'send', 'attempt 1 of 3 failed', '\x0182a7617474656d707401a26f6603'),
	('019cae7d-b580-7000-8000-000000000014', 1, 2, 'acme', '2026-03-02 12:20:00.091249+00', 'info', NULL, 'sent', NULL),
	('019cae7e-9fe0-7000-8000-000000000015', 1, 1, 'acme', '2026-03-02 12:21:00.016023+00', 'warn', 'send', 'attempt 1 of 3 failed', '\x0182a7617474656d707401a26f6603'),
	('019cae7e-9fe0-7000-8000-000000000015', 1, 2, 'acme', '2026-03-02 12:21:00.016023+00', 'info', NULL, 'sent', NULL),
	('019cae7f-8a40-7000-8000-000000000016', 1, 1, 'acme', '2026-03-02 12:22:00.038377+00', 'warn', 'send', 'attempt 1 of 3 failed', '\x0182a7617474656d707401a26f6603'),
	('019cae7f-8a40-7000-8000-000000000016', 1, 2, 'acme', '2026-03-02 12:22:00.038377+00', 'info', NULL, 'sent', NULL);

INSERT INTO public.execution_logs_p20260303 (execution_id, epoch, sequence, namespace, at, severity, step, message, fields) VALUES
	('019cb3b7-4b60-7000-8000-000000000029', 1, 1, 'acme', '2026-03-03 12:41:01.309566+00', 'info', 'price', 'priced', '\x0182a56c696e657303a863757272656e6379a3455552'),
	('019cb3b7-4b60-7000-8000-000000000029', 1, 2, 'acme', '2026-03-03 12:41:01.309804+00', 'warn', 'price', 'one line has no price', NULL);

INSERT INTO public.execution_payloads_default (execution_id, namespace, payload, response) VALUES
	('019de38f-69c0-7000-8000-00000000002a', 'acme', '\x0187a76865616465727382ac636f6e74656e742d74797065b06170706c69636174696f6e2f6a736f6ea8782d6e756d626572a23432a5717565727982a161a131a16292a132a133a470617468a96f72646572732f3432a66d6574686f64a4504f5354ab636f6e74656e7454797065b06170706c69636174696f6e2f6a736f6ea7726177426f6479c4217b226964223a2022412d3432222c20226e616d65223a20224772c3b6c39f65227da9737461727465644174b8323032362d30332d30325431323a30303a30302e3030305a', NULL);

INSERT INTO public.execution_payloads_p20260301 (execution_id, namespace, payload, response) VALUES
	('019ca969-a900-7000-8000-000000000028', 'acme', '\x0187a76865616465727382ac636f6e74656e742d74797065b06170706c69636174696f6e2f6a736f6ea8782d6e756d626572a23430a5717565727982a161a131a16292a132a133a470617468a96f72646572732f3430a66d6574686f64a4504f5354ab636f6e74656e7454797065b06170706c69636174696f6e2f6a736f6ea7726177426f6479c4217b226964223a2022412d3430222c20226e616d65223a20224772c3b6c39f65227da9737461727465644174b8323032362d30332d30325431323a30303a30302e3030305a', NULL);

INSERT INTO public.execution_payloads_p20260302 (execution_id, namespace, payload, response) VALUES
	('019cae6d-3ac0-7000-8000-000000000002', 'acme', '\x0187a76865616465727382ac636f6e74656e742d74797065b06170706c69636174696f6e2f6a736f6ea8782d6e756d626572a132a5717565727982a161a131a16292a132a133a470617468a86f72646572732f32a66d6574686f64a4504f5354ab636f6e74656e7454797065b06170706c69636174696f6e2f6a736f6ea7726177426f6479c4207b226964223a2022412d32222c20226e616d65223a20224772c3b6c39f65227da9737461727465644174b8323032362d30332d30325431323a30303a30302e3030305a', NULL),
	('019cae6e-2520-7000-8000-000000000003', 'acme', '\x0187a76865616465727382ac636f6e74656e742d74797065b06170706c69636174696f6e2f6a736f6ea8782d6e756d626572a133a5717565727982a161a131a16292a132a133a470617468a86f72646572732f33a66d6574686f64a4504f5354ab636f6e74656e7454797065b06170706c69636174696f6e2f6a736f6ea7726177426f6479c4207b226964223a2022412d33222c20226e616d65223a20224772c3b6c39f65227da9737461727465644174b8323032362d30332d30325431323a30303a30302e3030305a', NULL),
	('019cae6f-0f80-7000-8000-000000000004', 'acme', '\x0187a76865616465727382ac636f6e74656e742d74797065b06170706c69636174696f6e2f6a736f6ea8782d6e756d626572a134a5717565727982a161a131a16292a132a133a470617468a86f72646572732f34a66d6574686f64a4504f5354ab636f6e74656e7454797065b06170706c69636174696f6e2f6a736f6ea7726177426f6479c4207b226964223a2022412d34222c20226e616d65223a20224772c3b6c39f65227da9737461727465644174b8323032362d30332d30325431323a30303a30302e3030305a', NULL),
	('019cae6f-f9e0-7000-8000-000000000005', 'acme', '\x0187a76865616465727382ac636f6e74656e742d74797065b06170706c69636174696f6e2f6a736f6ea8782d6e756d626572a135a5717565727982a161a131a16292a132a133a470617468a86f72646572732f35a66d6574686f64a4504f5354ab636f6e74656e7454797065b06170706c69636174696f6e2f6a736f6ea7726177426f6479c4207b226964223a2022412d35222c20226e616d65223a20224772c3b6c39f65227da9737461727465644174b8323032362d30332d30325431323a30303a30302e3030305a', NULL),
	('019cae70-e440-7000-8000-000000000006', 'acme', '\x0187a76865616465727382ac636f6e74656e742d74797065b06170706c69636174696f6e2f6a736f6ea8782d6e756d626572a136a5717565727982a161a131a16292a132a133a470617468a86f72646572732f36a66d6574686f64a4504f5354ab636f6e74656e7454797065b06170706c69636174696f6e2f6a736f6ea7726177426f6479c4207b226964223a2022412d36222c20226e616d65223a20224772c3b6c39f65227da9737461727465644174b8323032362d30332d30325431323a30303a30302e3030305a', NULL),
	('019cae71-cea0-7000-8000-000000000007', 'acme', '\x0187a76865616465727382ac636f6e74656e742d74797065b06170706c69636174696f6e2f6a736f6ea8782d6e756d626572a137a5717565727982a161a131a16292a132a133a470617468a86f72646572732f37a66d6574686f64a4504f5354ab636f6e74656e7454797065b06170706c69636174696f6e2f6a736f6ea7726177426f6479c4207b226964223a2022412d37222c20226e616d65223a20224772c3b6c39f65227da9737461727465644174b8323032362d30332d30325431323a30303a30302e3030305a', NULL),
	('019cae72-b900-7000-8000-000000000008', 'acme', '\x0187a76865616465727382ac636f6e74656e742d74797065b06170706c69636174696f6e2f6a736f6ea8782d6e756d626572a138a5717565727982a161a131a16292a132a133a470617468a86f72646572732f38a66d6574686f64a4504f5354ab636f6e74656e7454797065b06170706c69636174696f6e2f6a736f6ea7726177426f6479c4207b226964223a2022412d38222c20226e616d65223a20224772c3b6c39f65227da9737461727465644174b8323032362d30332d30325431323a30303a30302e3030305a', NULL),
	('019cae74-8dc0-7000-8000-00000000000a', 'acme', '\x0187a76865616465727382ac636f6e74656e742d74797065b06170706c69636174696f6e2f6a736f6ea8782d6e756d626572a23130a5717565727982a161a131a16292a132a133a470617468a96f72646572732f3130a66d6574686f64a4504f5354ab636f6e74656e7454797065b06170706c69636174696f6e2f6a736f6ea7726177426f6479c4217b226964223a2022412d3130222c20226e616d65223a20224772c3b6c39f65227da9737461727465644174b8323032362d30332d30325431323a30303a30302e3030305a', NULL),
	('019cae75-7820-7000-8000-00000000000b', 'acme', '\x0187a76865616465727382ac636f6e74656e742d74797065b06170706c69636174696f6e2f6a736f6ea8782d6e756d626572a23131a5717565727982a161a131a16292a132a133a470617468a96f72646572732f3131a66d6574686f64a4504f5354ab636f6e74656e7454797065b06170706c69636174696f6e2f6a736f6ea7726177426f6479c4217b226964223a2022412d3131222c20226e616d65223a20224772c3b6c39f65227da9737461727465644174b8323032362d30332d30325431323a30303a30302e3030305a', NULL),
	('019cae76-6280-7000-8000-00000000000c', 'acme', '\x0187a76865616465727382ac636f6e74656e742d74797065b06170706c69636174696f6e2f6a736f6ea8782d6e756d626572a23132a5717565727982a161a131a16292a132a133a470617468a96f72646572732f3132a66d6574686f64a4504f5354ab636f6e74656e7454797065b06170706c69636174696f6e2f6a736f6ea7726177426f6479c4217b226964223a2022412d3132222c20226e616d65223a20224772c3b6c39f65227da9737461727465644174b8323032362d30332d30325431323a30303a30302e3030305a', NULL),
	('019cae7d-b580-7000-8000-000000000014', 'acme', '\x0187a76865616465727382ac636f6e74656e742d74797065b06170706c69636174696f6e2f6a736f6ea8782d6e756d626572a23230a5717565727982a161a131a16292a132a133a470617468a96f72646572732f3230a66d6574686f64a4504f5354ab636f6e74656e7454797065b06170706c69636174696f6e2f6a736f6ea7726177426f6479c4217b226964223a2022412d3230222c20226e616d65223a20224772c3b6c39f65227da9737461727465644174b8323032362d30332d30325431323a30303a30302e3030305a', NULL),
	('019cae7e-9fe0-7000-8000-000000000015', 'acme', '\x0187a76865616465727382ac636f6e74656e742d74797065b06170706c69636174696f6e2f6a736f6ea8782d6e756d626572a23231a5717565727982a161a131a16292a132a133a470617468a96f72646572732f3231a66d6574686f64a4504f5354ab636f6e74656e7454797065b06170706c69636174696f6e2f6a736f6ea7726177426f6479c4217b226964223a2022412d3231222c20226e616d65223a20224772c3b6c39f65227da9737461727465644174b8323032362d30332d30325431323a30303a30302e3030305a', NULL),
	('019cae7f-8a40-7000-8000-000000000016', 'acme', '\x0187a76865616465727382ac636f6e74656e742d74797065b06170706c69636174696f6e2f6a736f6ea8782d6e756d626572a23232a5717565727982a161a131a16292a132a133a470617468a96f72646572732f3232a66d6574686f64a4504f5354ab636f6e74656e7454797065b06170706c69636174696f6e2f6a736f6ea7726177426f6479c4217b226964223a2022412d3232222c20226e616d65223a20224772c3b6c39f65227da9737461727465644174b8323032362d30332d30325431323a30303a30302e3030305a', NULL),
	('019cae80-74a0-7000-8000-000000000017', 'acme', '\x0187a76865616465727382ac636f6e74656e742d74797065b06170706c69636174696f6e2f6a736f6ea8782d6e756d626572a23233a5717565727982a161a131a16292a132a133a470617468a96f72646572732f3233a66d6574686f64a4504f5354ab636f6e74656e7454797065b06170706c69636174696f6e2f6a736f6ea7726177426f6479c4217b226964223a2022412d3233222c20226e616d65223a20224772c3b6c39f65227da9737461727465644174b8323032362d30332d30325431323a30303a30302e3030305a', NULL),
	('019cae81-5f00-7000-8000-000000000018', 'acme', '\x0187a76865616465727382ac636f6e74656e742d74797065b06170706c69636174696f6e2f6a736f6ea8782d6e756d626572a23234a5717565727982a161a131a16292a132a133a470617468a96f72646572732f3234a66d6574686f64a4504f5354ab636f6e74656e7454797065b06170706c69636174696f6e2f6a736f6ea7726177426f6479c4217b226964223a2022412d3234222c20226e616d65223a20224772c3b6c39f65227da9737461727465644174b8323032362d30332d30325431323a30303a30302e3030305a', NULL),
	('019cae82-4960-7000-8000-000000000019', 'acme', '\x0187a76865616465727382ac636f6e74656e742d74797065b06170706c69636174696f6e2f6a736f6ea8782d6e756d626572a23235a5717565727982a161a131a16292a132a133a470617468a96f72646572732f3235a66d6574686f64a4504f5354ab636f6e74656e7454797065b06170706c69636174696f6e2f6a736f6ea7726177426f6479c4217b226964223a2022412d3235222c20226e616d65223a20224772c3b6c39f65227da9737461727465644174b8323032362d30332d30325431323a30303a30302e3030305a', NULL),
	('019cae83-33c0-7000-8000-00000000001a', 'acme', '\x0187a76865616465727382ac636f6e74656e742d74797065b06170706c69636174696f6e2f6a736f6ea8782d6e756d626572a23236a5717565727982a161a131a16292a132a133a470617468a96f72646572732f3236a66d6574686f64a4504f5354ab636f6e74656e7454797065b06170706c69636174696f6e2f6a736f6ea7726177426f6479c4217b226964223a2022412d3236222c20226e616d65223a20224772c3b6c39f65227da9737461727465644174b8323032362d30332d30325431323a30303a30302e3030305a', NULL),
	('019cae84-1e20-7000-8000-00000000001b', 'acme', '\x0187a76865616465727382ac636f6e74656e742d74797065b06170706c69636174696f6e2f6a736f6ea8782d6e756d626572a23237a5717565727982a161a131a16292a132a133a470617468a96f72646572732f3237a66d6574686f64a4504f5354ab636f6e74656e7454797065b06170706c69636174696f6e2f6a736f6ea7726177426f6479c4217b226964223a2022412d3237222c20226e616d65223a20224772c3b6c39f65227da9737461727465644174b8323032362d30332d30325431323a30303a30302e3030305a', NULL),
	('019cae86-dd40-7000-8000-00000000001e', 'globex', '\x0187a76865616465727382ac636f6e74656e742d74797065b06170706c69636174696f6e2f6a736f6ea8782d6e756d626572a23330a5717565727982a161a131a16292a132a133a470617468a96f72646572732f3330a66d6574686f64a4504f5354ab636f6e74656e7454797065b06170706c69636174696f6e2f6a736f6ea7726177426f6479c4217b226964223a2022412d3330222c20226e616d65223a20224772c3b6c39f65227da9737461727465644174b8323032362d30332d30325431323a30303a30302e3030305a', NULL),
	('019cae87-c7a0-7000-8000-00000000001f', 'globex', '\x0187a76865616465727382ac636f6e74656e742d74797065b06170706c69636174696f6e2f6a736f6ea8782d6e756d626572a23331a5717565727982a161a131a16292a132a133a470617468a96f72646572732f3331a66d6574686f64a4504f5354ab636f6e74656e7454797065b06170706c69636174696f6e2f6a736f6ea7726177426f6479c4217b226964223a2022412d3331222c20226e616d65223a20224772c3b6c39f65227da9737461727465644174b8323032362d30332d30325431323a30303a30302e3030305a', NULL),
	('019cae6c-5060-7000-8000-000000000001', 'acme', '\x0187a76865616465727382ac636f6e74656e742d74797065b06170706c69636174696f6e2f6a736f6ea8782d6e756d626572a131a5717565727982a161a131a16292a132a133a470617468a86f72646572732f31a66d6574686f64a4504f5354ab636f6e74656e7454797065b06170706c69636174696f6e2f6a736f6ea7726177426f6479c4207b226964223a2022412d31222c20226e616d65223a20224772c3b6c39f65227da9737461727465644174b8323032362d30332d30325431323a30303a30302e3030305a', '\x01c0');

INSERT INTO public.execution_payloads_p20260303 (execution_id, namespace, payload, response) VALUES
	('019cb3b7-4b60-7000-8000-000000000029', 'acme', '\x0187a76865616465727382ac636f6e74656e742d74797065b06170706c69636174696f6e2f6a736f6ea8782d6e756d626572a23431a5717565727982a161a131a16292a132a133a470617468a96f72646572732f3431a66d6574686f64a4504f5354ab636f6e74656e7454797065b06170706c69636174696f6e2f6a736f6ea7726177426f6479c4217b226964223a2022412d3431222c20226e616d65223a20224772c3b6c39f65227da9737461727465644174b8323032362d30332d30325431323a30303a30302e3030305a', NULL);

INSERT INTO public.executions_default (id, namespace, instance, instance_uid, flow, flow_uid, integration, version, customer_id, customer_name, trigger, state, definition_hash, created_at, started_at, ended_at, duration_ms, requested_by, error_code, error_message, failed_step, steps_total, steps_failed, replay_of, retry_of, warnings) VALUES
	('019de38f-69c0-7000-8000-00000000002a', 'acme', 'acme-orders', '22222222-0000-4000-8000-000000000001', 'importOrder', '11111111-0000-4000-8000-000000000001', 'orders-to-erp', '1.4.0', 'acme', 'ACME GmbH', 'manual', 'passed', '9d32975380b1a64a494d45996d28eed053c7e3fa412b80c64787788bd2714622', '2026-05-01 12:42:00+00', '2026-05-01 12:42:00.609339+00', '2026-05-01 12:42:01.011639+00', 402, 'kubectl', NULL, NULL, NULL, 21, 0, NULL, NULL, '{}');

INSERT INTO public.executions_p20260301 (id, namespace, instance, instance_uid, flow, flow_uid, integration, version, customer_id, customer_name, trigger, state, definition_hash, created_at, started_at, ended_at, duration_ms, requested_by, error_code, error_message, failed_step, steps_total, steps_failed, replay_of, retry_of, warnings) VALUES
	('019ca969-a900-7000-8000-000000000028', 'acme', 'acme-orders', '22222222-0000-4000-8000-000000000001', 'importOrder', '11111111-0000-4000-8000-000000000001', 'orders-to-erp', '1.4.0', 'acme', 'ACME GmbH', 'webhook', 'failed', 'a1552e6add6901840ca5db9e5c6bc382dfed3f563320b73599a5517550ba94ea', '2026-03-01 12:40:00+00', '2026-03-01 12:40:00.442458+00', '2026-03-01 12:40:00.733559+00', 291, 'webhook', 'check_failed', 'step valid: `config.order.id == ''B-2''` is not true: the left side is "A-1", the right side "B-2" (and 1 more of 2 are not)', 'valid', 2, 1, NULL, NULL, '{}');

INSERT INTO public.executions_p20260302 (id, namespace, instance, instance_uid, flow, flow_uid, integration, version, customer_id, customer_name, trigger, state, definition_hash, created_at, started_at, ended_at, duration_ms, requested_by, error_code, error_message, failed_step, steps_total, steps_failed, replay_of, retry_of, warnings) VALUES
	('019cae6d-3ac0-7000-8000-000000000002', 'acme', 'acme-orders', '22222222-0000-4000-8000-000000000001', 'importOrder', '11111111-0000-4000-8000-000000000001', 'orders-to-erp', '1.4.0', 'acme', 'ACME GmbH', 'webhook', 'failed', 'a1552e6add6901840ca5db9e5c6bc382dfed3f563320b73599a5517550ba94ea', '2026-03-02 12:02:00+00', '2026-03-02 12:02:00.234568+00', '2026-03-02 12:02:00.32078+00', 86, 'webhook', 'check_failed', 'step valid: `config.order.id == ''B-2''` is not true: the left side is "A-1", the right side "B-2" (and 1 more of 2 are not)', 'valid', 2, 1, NULL, '019ca969-a900-7000-8000-000000000028', '{}'),
	('019cae6c-5060-7000-8000-000000000001', 'acme', 'acme-orders', '22222222-0000-4000-8000-000000000001', 'importOrder', '11111111-0000-4000-8000-000000000001', 'orders-to-erp', '1.4.0', 'acme', 'ACME GmbH', 'webhook', 'passed', '9d32975380b1a64a494d45996d28eed053c7e3fa412b80c64787788bd2714622', '2026-03-02 12:01:00+00', '2026-03-02 12:01:00.445003+00', '2026-03-02 12:01:00.733935+00', 289, 'webhook', NULL, NULL, NULL, 21, 0, NULL, NULL, '{}'),
	('019cae6e-2520-7000-8000-000000000003', 'acme', 'acme-orders', '22222222-0000-4000-8000-000000000001', 'importOrder', '11111111-0000-4000-8000-000000000001', 'orders-to-erp', '1.4.0', 'acme', 'ACME GmbH', 'webhook', 'completed_with_errors', '3caff2e2d367a21ed2bd448a1d3748b48f9bf55a1917e547db0a03eea3fb7708', '2026-03-02 12:03:00+00', '2026-03-02 12:03:00.310482+00', '2026-03-02 12:03:00.479909+00', 169, 'webhook', 'completed_with_errors', '2 of 5 steps failed and the flow went on; the first was lines/1/push', 'lines/1/push', 5, 2, NULL, NULL, '{"body: one character was replaced"}'),
	('019cae6f-0f80-7000-8000-000000000004', 'acme', 'acme-orders', '22222222-0000-4000-8000-000000000001', 'importOrder', '11111111-0000-4000-8000-000000000001', 'orders-to-erp', '1.4.0', 'acme', 'ACME GmbH', 'webhook', 'timed_out', 'c2a97216ed10f40446705373fd50050236e77cfe462334cb560203600e0d3888', '2026-03-02 12:04:00+00', '2026-03-02 12:04:00.376049+00', '2026-03-02 12:04:00.724936+00', 349, 'webhook', 'timeout', 'the flow did not end within its timeout of 300 ms: raise `timeout`, or see its last step', NULL, 1, 1, NULL, NULL, '{}'),
	('019cae71-cea0-7000-8000-000000000007', 'acme', 'acme-orders', '22222222-0000-4000-8000-000000000001', 'importOrder', '11111111-0000-4000-8000-000000000001', 'orders-to-erp', '1.4.0', 'acme', 'ACME GmbH', 'webhook', 'failed', '9d32975380b1a64a494d45996d28eed053c7e3fa412b80c64787788bd2714622', '2026-03-02 12:07:00+00', '2026-03-02 12:07:00.013653+00', '2026-03-02 12:07:00.026998+00', 13, 'webhook', 'node_lost', 'the node worker-1 was lost with the runner''s pod pex-7', 'lines/1/push', 0, 0, NULL, NULL, '{}'),
	('019cae72-b900-7000-8000-000000000008', 'acme', 'acme-orders', '22222222-0000-4000-8000-000000000001', 'syncStock', '11111111-0000-4000-8000-000000000002', 'orders-to-erp', '1.4.0', 'acme', 'ACME GmbH', 'webhook', 'passed', 'ae810d50b7316c18e5a05e623c499e17f9dc5a056873d95b4e8ec9f46e6dca98', '2026-03-02 12:08:00+00', '2026-03-02 12:08:00.999138+00', '2026-03-02 12:08:01.031144+00', 32, 'webhook', NULL, NULL, NULL, 5, 0, NULL, NULL, '{"output: cut"}'),
	('019cae75-7820-7000-8000-00000000000b', 'acme', 'acme-orders', '22222222-0000-4000-8000-000000000001', 'nightly', '11111111-0000-4000-8000-000000000003', 'orders-to-erp', '1.4.0', 'acme', 'ACME GmbH', 'schedule', 'skipped', 'c878a57152c46e927170f62d99c67b8e2088736a92b5606a95c9b6b838e37fdd', '2026-03-02 12:11:00+00', NULL, '2026-03-02 12:11:00+00', NULL, 'schedule', 'overlap', 'an earlier execution of the flow had not ended', NULL, 0, 0, NULL, NULL, '{}'),
	('019cae74-8dc0-7000-8000-00000000000a', 'acme', 'acme-orders', '22222222-0000-4000-8000-000000000001', 'nightly', '11111111-0000-4000-8000-000000000003', 'orders-to-erp', '1.4.0', 'acme', 'ACME GmbH', 'schedule', 'passed', 'c878a57152c46e927170f62d99c67b8e2088736a92b5606a95c9b6b838e37fdd', '2026-03-02 12:10:00+00', '2026-03-02 12:10:00.039853+00', '2026-03-02 12:10:00.048454+00', 9, 'schedule', NULL, NULL, NULL, 0, 0, NULL, NULL, '{}'),
	('019cae76-6280-7000-8000-00000000000c', 'acme', 'acme-orders', '22222222-0000-4000-8000-000000000001', 'nightly', '11111111-0000-4000-8000-000000000003', 'orders-to-erp', '1.4.0', 'acme', 'ACME GmbH', 'manual', 'passed', 'c878a57152c46e927170f62d99c67b8e2088736a92b5606a95c9b6b838e37fdd', '2026-03-02 12:12:00+00', '2026-03-02 12:12:00.067057+00', '2026-03-02 12:12:00.07003+00', 3, 'kubectl', NULL, NULL, NULL, 0, 0, NULL, NULL, '{}'),
	('019cae6f-f9e0-7000-8000-000000000005', 'acme', 'acme-orders', '22222222-0000-4000-8000-000000000001', 'audit', '11111111-0000-4000-8000-000000000004', 'orders-to-erp', '1.4.0', 'acme', 'ACME GmbH', 'webhook', 'cancelled', '18ec38140256dc605aee6515e9ec60cac73110561e4c5b9cf3074a3ae544295c', '2026-03-02 12:05:00+00', NULL, '2026-03-02 12:05:00.003106+00', NULL, 'webhook', 'cancelled', 'cancelled on request', NULL, 0, 0, NULL, NULL, '{}'),
	('019cae70-e440-7000-8000-000000000006', 'acme', 'acme-orders', '22222222-0000-4000-8000-000000000001', 'importOrder', '11111111-0000-4000-8000-000000000001', 'orders-to-erp', '1.4.0', 'acme', 'ACME GmbH', 'webhook', 'cancelled', '9d32975380b1a64a494d45996d28eed053c7e3fa412b80c64787788bd2714622', '2026-03-02 12:06:00+00', '2026-03-02 12:06:00.017543+00', '2026-03-02 12:06:00.030957+00', 13, 'webhook', 'cancelled', 'cancelled on request', 'lines/1/push', 0, 0, NULL, NULL, '{}'),
	('019cae77-4ce0-7000-8000-00000000000d', 'acme', 'acme-orders', '22222222-0000-4000-8000-000000000001', 'nightly', '11111111-0000-4000-8000-000000000003', 'orders-to-erp', '1.4.0', 'acme', 'ACME GmbH', 'schedule', 'skipped', 'c878a57152c46e927170f62d99c67b8e2088736a92b5606a95c9b6b838e37fdd', '2026-03-02 12:13:00+00', NULL, '2026-03-02 12:13:00+00', NULL, 'schedule', 'missed', 'the tick of 2026-03-02T12:13:00Z was due while no Job could be created for it', NULL, 0, 0, NULL, NULL, '{}'),
	('019cae7d-b580-7000-8000-000000000014', 'acme', 'acme-orders', '22222222-0000-4000-8000-000000000001', 'importOrder', '11111111-0000-4000-8000-000000000001', 'orders-to-erp', '1.4.0', 'acme', 'ACME GmbH', 'webhook', 'running', '9d32975380b1a64a494d45996d28eed053c7e3fa412b80c64787788bd2714622', '2026-03-02 12:20:00+00', '2026-03-02 12:20:00.007872+00', NULL, NULL, 'webhook', NULL, NULL, NULL, 0, 0, NULL, NULL, '{}'),
	('019cae7e-9fe0-7000-8000-000000000015', 'acme', 'acme-orders', '22222222-0000-4000-8000-000000000001', 'importOrder', '11111111-0000-4000-8000-000000000001', 'orders-to-erp', '1.4.0', 'acme', 'ACME GmbH', 'webhook', 'running', '9d32975380b1a64a494d45996d28eed053c7e3fa412b80c64787788bd2714622', '2026-03-02 12:21:00+00', '2026-03-02 12:21:00.008611+00', NULL, NULL, 'webhook', NULL, NULL, NULL, 0, 0, NULL, NULL, '{}'),
	('019cae7f-8a40-7000-8000-000000000016', 'acme', 'acme-orders', '22222222-0000-4000-8000-000000000001', 'importOrder', '11111111-0000-4000-8000-000000000001', 'orders-to-erp', '1.4.0', 'acme', 'ACME GmbH', 'webhook', 'running', '9d32975380b1a64a494d45996d28eed053c7e3fa412b80c64787788bd2714622', '2026-03-02 12:22:00+00', '2026-03-02 12:22:00.031579+00', NULL, NULL, 'webhook', NULL, NULL, NULL, 0, 0, NULL, NULL, '{}'),
	('019cae80-74a0-7000-8000-000000000017', 'acme', 'acme-orders', '22222222-0000-4000-8000-000000000001', 'importOrder', '11111111-0000-4000-8000-000000000001', 'orders-to-erp', '1.4.0', 'acme', 'ACME GmbH', 'webhook', 'queued', '9d32975380b1a64a494d45996d28eed053c7e3fa412b80c64787788bd2714622', '2026-03-02 12:23:00+00', NULL, NULL, NULL, 'webhook', NULL, NULL, NULL, 0, 0, NULL, NULL, '{}'),
	('019cae81-5f00-7000-8000-000000000018', 'acme', 'acme-orders', '22222222-0000-4000-8000-000000000001', 'audit', '11111111-0000-4000-8000-000000000004', 'orders-to-erp', '1.4.0', 'acme', 'ACME GmbH', 'webhook', 'queued', '739c0c01dca16c5980b6a757990b57850b46bb63c54c23e6eeaaf21985ab20b2', '2026-03-02 12:24:00+00', NULL, NULL, NULL, 'webhook', NULL, NULL, NULL, 0, 0, NULL, NULL, '{}'),
	('019cae82-4960-7000-8000-000000000019', 'acme', 'acme-orders', '22222222-0000-4000-8000-000000000001', 'audit', '11111111-0000-4000-8000-000000000004', 'orders-to-erp', '1.4.0', 'acme', 'ACME GmbH', 'webhook', 'queued', '739c0c01dca16c5980b6a757990b57850b46bb63c54c23e6eeaaf21985ab20b2', '2026-03-02 12:25:00+00', NULL, NULL, NULL, 'webhook', NULL, NULL, NULL, 0, 0, NULL, NULL, '{}'),
	('019cae83-33c0-7000-8000-00000000001a', 'acme', 'acme-orders', '22222222-0000-4000-8000-000000000001', 'audit', '11111111-0000-4000-8000-000000000004', 'orders-to-erp', '1.4.0', 'acme', 'ACME GmbH', 'webhook', 'queued', '739c0c01dca16c5980b6a757990b57850b46bb63c54c23e6eeaaf21985ab20b2', '2026-03-02 12:26:00+00', NULL, NULL, NULL, 'webhook', NULL, NULL, NULL, 0, 0, NULL, NULL, '{}'),
	('019cae84-1e20-7000-8000-00000000001b', 'acme', 'acme-orders', '22222222-0000-4000-8000-000000000001', 'syncStock', '11111111-0000-4000-8000-000000000002', 'orders-to-erp', '1.4.0', 'acme', 'ACME GmbH', 'webhook', 'queued', 'ae810d50b7316c18e5a05e623c499e17f9dc5a056873d95b4e8ec9f46e6dca98', '2026-03-02 12:27:00+00', NULL, NULL, NULL, 'webhook', NULL, NULL, NULL, 0, 0, NULL, NULL, '{}'),
	('019cae86-dd40-7000-8000-00000000001e', 'globex', 'globex-orders', '22222222-0000-4000-8000-000000000002', 'importOrder', 'globex-importOrder', 'orders-to-erp', '1.5.0-rc.1', NULL, NULL, 'webhook', 'completed_with_errors', '3caff2e2d367a21ed2bd448a1d3748b48f9bf55a1917e547db0a03eea3fb7708', '2026-03-02 12:30:00+00', '2026-03-02 12:30:00.333051+00', '2026-03-02 12:30:00.411232+00', 78, 'webhook', 'completed_with_errors', '2 of 5 steps failed and the flow went on; the first was lines/1/push', 'lines/1/push', 5, 2, NULL, NULL, '{}'),
	('019cae87-c7a0-7000-8000-00000000001f', 'globex', 'globex-orders', '22222222-0000-4000-8000-000000000002', 'audit', 'globex-audit', 'orders-to-erp', '1.5.0-rc.1', NULL, NULL, 'webhook', 'queued', '739c0c01dca16c5980b6a757990b57850b46bb63c54c23e6eeaaf21985ab20b2', '2026-03-02 12:31:00+00', NULL, NULL, NULL, 'webhook', NULL, NULL, NULL, 0, 0, NULL, NULL, '{}');

INSERT INTO public.executions_p20260303 (id, namespace, instance, instance_uid, flow, flow_uid, integration, version, customer_id, customer_name, trigger, state, definition_hash, created_at, started_at, ended_at, duration_ms, requested_by, error_code, error_message, failed_step, steps_total, steps_failed, replay_of, retry_of, warnings) VALUES
	('019cb3b7-4b60-7000-8000-000000000029', 'acme', 'acme-orders', '22222222-0000-4000-8000-000000000001', 'importOrder', '11111111-0000-4000-8000-000000000001', 'orders-to-erp', '1.4.0', 'acme', 'ACME GmbH', 'webhook', 'passed', '9d32975380b1a64a494d45996d28eed053c7e3fa412b80c64787788bd2714622', '2026-03-03 12:41:00+00', '2026-03-03 12:41:00.8428+00', '2026-03-03 12:41:01.355934+00', 513, 'webhook', NULL, NULL, NULL, 21, 0, NULL, NULL, '{}');

INSERT INTO public.flow_definitions (namespace, hash, definition, instance_uid, created_at) VALUES
	('acme', '9d32975380b1a64a494d45996d28eed053c7e3fa412b80c64787788bd2714622', '\x0188a6736368656d6101a4666c6f7782a46e616d65ab696d706f72744f72646572a475726c7381ab696d706f72744f72646572d93868747470733a2f2f686f6f6b732e6578616d706c652f686f6f6b732f61636d652f61636d652d6f72646572732f696d706f72744f72646572a8696e7374616e636584a46e616d65ab61636d652d6f7264657273a96e616d657370616365a461636d65a8637573746f6d657282a26964a461636d65a46e616d65a941434d4520476d6248a66c6162656c7381a474696572a4676f6c64ab696e746567726174696f6e82a46e616d65ad6f72646572732d746f2d657270a776657273696f6ea5312e342e30a6636f6e66696781a56f7264657282a26964a3412d31a56c696e65739382a3736b75a178a16e0182a3736b75a179a16e0082a3736b75a17aa16e03ab636f6e6e656374696f6e7380a974696d656f75744d73cdea60a573746570739983a46e616d65a56f72646572a373657481a576616c7565af247b636f6e6669672e6f726465727da76578747261637481a56c696e6573ae242e6c696e65735b2a5d2e736b7583a46e616d65a576616c6964a5636865636b81a47468617491bd73697a6528636f6e6669672e6f726465722e6c696e657329203d3d2033a661737365727491b26f75747075742e73697a652829203d3d203182a46e616d65a57072696365a6707974686f6e82a4636f6465da020c0a66726f6d206461746574696d6520696d706f7274206461746574696d652c2074696d6564656c74612c2074696d657a6f6e650a66726f6d20646563696d616c20696d706f727420446563696d616c0a0a6465662072756e28636f6e74657874293a0a20202020636f6e746578742e6c6f672e696e666f2822707269636564222c206c696e65733d332c2063757272656e63793d2245555222290a20202020636f6e746578742e6c6f672e7761726e28226f6e65206c696e6520686173206e6f20707269636522290a2020202072657475726e207b0a202020202020202022746f74616c223a20446563696d616c282231322e333022292c0a2020202020202020226174223a206461746574696d6528323032362c20332c20322c2031322c20747a696e666f3d74696d657a6f6e652e757463292c0a202020202020202022726177223a2062797465732872616e6765283829292c0a20202020202020202274616773223a207b226e6577227d2c0a202020202020202022746f6f6b223a2074696d6564656c7461287365636f6e64733d312e35292c0a2020202020202020226c61726765223a20322a2a37302c0a202020202020202022726f7773223a205b7b226964223a206622726f77207b6e756d6265727d222c20226e616d65223a20224772c3b6c39f65227d20666f72206e756d62657220696e2072616e676528333030295d2c0a202020207d0aa5696e70757481a56f72646572af247b636f6e6669672e6f726465727d83a46e616d65a472757368a26966b9636f6e6669672e6f726465722e6964203d3d20276e6f6e6527a373657481a576616c75650182a46e616d65a5726f757465a66272616e63689282a47768656eb8636f6e6669672e6f726465722e6964203d3d2027412d3127a573746570739182a46e616d65a6696e73696465a373657481a576616c7565a5666972737481a573746570739182a46e616d65a96f7468657277697365a373657481a576616c7565a67365636f6e6482a46e616d65a56c696e6573a7666f724561636882a56974656d73b5247b636f6e6669672e6f726465722e6c696e65737da573746570739282a46e616d65a470757368a373657481a576616c756582a3736b75ab247b6974656d2e736b757da16ea9247b6974656d2e6e7d82a46e616d65a57061727473a7666f724561636882a56974656d73920102a573746570739182a46e616d65a470617274a373657481a576616c7565a7247b6974656d7d82a46e616d65a57061757365a5736c65657081a3666f72a3316d7383a46e616d65a573697a6564a373657481a576616c7565b46f6e6c79206d792073697a65206973206b657074a67265636f7264a86d6574616461746183a46e616d65a673696c656e74a373657481a576616c7565b56e6f7468696e67206f66206d65206973206b657074a67265636f7264a46e6f6e65', '22222222-0000-4000-8000-000000000001', '2026-03-02 12:00:00+00'),
	('acme', 'a1552e6add6901840ca5db9e5c6bc382dfed3f563320b73599a5517550ba94ea', '\x0188a6736368656d6101a4666c6f7782a46e616d65ab696d706f72744f72646572a475726c7381ab696d706f72744f72646572d93868747470733a2f2f686f6f6b732e6578616d706c652f686f6f6b732f61636d652f61636d652d6f72646572732f696d706f72744f72646572a8696e7374616e636584a46e616d65ab61636d652d6f7264657273a96e616d657370616365a461636d65a8637573746f6d657282a26964a461636d65a46e616d65a941434d4520476d6248a66c6162656c7381a474696572a4676f6c64ab696e746567726174696f6e82a46e616d65ad6f72646572732d746f2d657270a776657273696f6ea5312e342e30a6636f6e66696781a56f7264657282a26964a3412d31a56c696e65739382a3736b75a178a16e0182a3736b75a179a16e0082a3736b75a17aa16e03ab636f6e6e656374696f6e7380a974696d656f75744d73cdea60a573746570739282a46e616d65a56f72646572a373657481a576616c7565af247b636f6e6669672e6f726465727d83a46e616d65a576616c6964a5636865636b81a47468617492b8636f6e6669672e6f726465722e6964203d3d2027422d3227bc73697a6528636f6e6669672e6f726465722e6c696e657329203e2035a5726574727982a8617474656d70747302a564656c6179a3316d73', '22222222-0000-4000-8000-000000000001', '2026-03-02 12:00:00+00'),
	('acme', '3caff2e2d367a21ed2bd448a1d3748b48f9bf55a1917e547db0a03eea3fb7708', '\x0188a6736368656d6101a4666c6f7782a46e616d65ab696d706f72744f72646572a475726c7381ab696d706f72744f72646572d93868747470733a2f2f686f6f6b732e6578616d706c652f686f6f6b732f61636d652f61636d652d6f72646572732f696d706f72744f72646572a8696e7374616e636584a46e616d65ab61636d652d6f7264657273a96e616d657370616365a461636d65a8637573746f6d657282a26964a461636d65a46e616d65a941434d4520476d6248a66c6162656c7381a474696572a4676f6c64ab696e746567726174696f6e82a46e616d65ad6f72646572732d746f2d657270a776657273696f6ea5312e342e30a6636f6e66696781a56f7264657282a26964a3412d31a56c696e65739382a3736b75a178a16e0182a3736b75a179a16e0082a3736b75a17aa16e03ab636f6e6e656374696f6e7380a974696d656f75744d73cdea60a573746570739283a46e616d65a56c696e6573a76f6e4572726f72a8636f6e74696e7565a7666f724561636883a56974656d73b5247b636f6e6669672e6f726465722e6c696e65737dab73746f704f6e4572726f72c2a573746570739182a46e616d65a470757368a5636865636b81a47468617491aa6974656d2e6e203e203082a46e616d65a4746f6c64a373657481a576616c7565bc247b73746570732e6c696e65732e6572726f722e6d6573736167657d', '22222222-0000-4000-8000-000000000001', '2026-03-02 12:00:00+00'),
	('acme', 'c2a97216ed10f40446705373fd50050236e77cfe462334cb560203600e0d3888', '\x0188a6736368656d6101a4666c6f7782a46e616d65ab696d706f72744f72646572a475726c7381ab696d706f72744f72646572d93868747470733a2f2f686f6f6b732e6578616d706c652f686f6f6b732f61636d652f61636d652d6f72646572732f696d706f72744f72646572a8696e7374616e636584a46e616d65ab61636d652d6f7264657273a96e616d657370616365a461636d65a8637573746f6d657282a26964a461636d65a46e616d65a941434d4520476d6248a66c6162656c7381a474696572a4676f6c64ab696e746567726174696f6e82a46e616d65ad6f72646572732d746f2d657270a776657273696f6ea5312e342e30a6636f6e66696781a56f7264657282a26964a3412d31a56c696e65739382a3736b75a178a16e0182a3736b75a179a16e0082a3736b75a17aa16e03ab636f6e6e656374696f6e7380a974696d656f75744d73cd012ca573746570739182a46e616d65a36e6170a5736c65657081a3666f72a3363073', '22222222-0000-4000-8000-000000000001', '2026-03-02 12:00:00+00'),
	('acme', '18ec38140256dc605aee6515e9ec60cac73110561e4c5b9cf3074a3ae544295c', '\x0188a6736368656d6101a4666c6f7782a46e616d65a56175646974a475726c7381ab696d706f72744f72646572d93868747470733a2f2f686f6f6b732e6578616d706c652f686f6f6b732f61636d652f61636d652d6f72646572732f696d706f72744f72646572a8696e7374616e636584a46e616d65ab61636d652d6f7264657273a96e616d657370616365a461636d65a8637573746f6d657282a26964a461636d65a46e616d65a941434d4520476d6248a66c6162656c7381a474696572a4676f6c64ab696e746567726174696f6e82a46e616d65ad6f72646572732d746f2d657270a776657273696f6ea5312e342e30a6636f6e66696781a56f7264657282a26964a3412d31a56c696e65739382a3736b75a178a16e0182a3736b75a179a16e0082a3736b75a17aa16e03ab636f6e6e656374696f6e7380a974696d656f75744d73cdea60a573746570739182a46e616d65a36e6170a5736c65657081a3666f72a3363073', '22222222-0000-4000-8000-000000000001', '2026-03-02 12:00:00+00'),
	('acme', 'ae810d50b7316c18e5a05e623c499e17f9dc5a056873d95b4e8ec9f46e6dca98', '\x0188a6736368656d6101a4666c6f7782a46e616d65a973796e6353746f636ba475726c7381ab696d706f72744f72646572d93868747470733a2f2f686f6f6b732e6578616d706c652f686f6f6b732f61636d652f61636d652d6f72646572732f696d706f72744f72646572a8696e7374616e636584a46e616d65ab61636d652d6f7264657273a96e616d657370616365a461636d65a8637573746f6d657282a26964a461636d65a46e616d65a941434d4520476d6248a66c6162656c7381a474696572a4676f6c64ab696e746567726174696f6e82a46e616d65ad6f72646572732d746f2d657270a776657273696f6ea5312e342e30a6636f6e66696781a56f7264657282a26964a3412d31a56c696e65739382a3736b75a178a16e0182a3736b75a179a16e0082a3736b75a17aa16e03ab636f6e6e656374696f6e7380a974696d656f75744d73cdea60a573746570739983a46e616d65a56f72646572a373657481a576616c7565af247b636f6e6669672e6f726465727da76578747261637481a56c696e6573ae242e6c696e65735b2a5d2e736b7583a46e616d65a576616c6964a5636865636b81a47468617491bd73697a6528636f6e6669672e6f726465722e6c696e657329203d3d2033a661737365727491b26f75747075742e73697a652829203d3d203182a46e616d65a57072696365a6707974686f6e82a4636f6465da020c0a66726f6d206461746574696d6520696d706f7274206461746574696d652c2074696d6564656c74612c2074696d657a6f6e650a66726f6d20646563696d616c20696d706f727420446563696d616c0a0a6465662072756e28636f6e74657874293a0a20202020636f6e746578742e6c6f672e696e666f2822707269636564222c206c696e65733d332c2063757272656e63793d2245555222290a20202020636f6e746578742e6c6f672e7761726e28226f6e65206c696e6520686173206e6f20707269636522290a2020202072657475726e207b0a202020202020202022746f74616c223a20446563696d616c282231322e333022292c0a2020202020202020226174223a206461746574696d6528323032362c20332c20322c2031322c20747a696e666f3d74696d657a6f6e652e757463292c0a202020202020202022726177223a2062797465732872616e6765283829292c0a20202020202020202274616773223a207b226e6577227d2c0a202020202020202022746f6f6b223a2074696d6564656c7461287365636f6e64733d312e35292c0a2020202020202020226c61726765223a20322a2a37302c0a202020202020202022726f7773223a205b7b226964223a206622726f77207b6e756d6265727d222c20226e616d65223a20224772c3b6c39f65227d20666f72206e756d62657220696e2072616e676528333030295d2c0a202020207d0aa5696e70757481a56f72646572af247b636f6e6669672e6f726465727d83a46e616d65a472757368a26966b9636f6e6669672e6f726465722e6964203d3d20276e6f6e6527a373657481a576616c75650182a46e616d65a5726f757465a66272616e63689282a47768656eb8636f6e6669672e6f726465722e6964203d3d2027412d3127a573746570739182a46e616d65a6696e73696465a373657481a576616c7565a5666972737481a573746570739182a46e616d65a96f7468657277697365a373657481a576616c7565a67365636f6e6482a46e616d65a56c696e6573a7666f724561636882a56974656d73b5247b636f6e6669672e6f726465722e6c696e65737da573746570739282a46e616d65a470757368a373657481a576616c756582a3736b75ab247b6974656d2e736b757da16ea9247b6974656d2e6e7d82a46e616d65a57061727473a7666f724561636882a56974656d73920102a573746570739182a46e616d65a470617274a373657481a576616c7565a7247b6974656d7d82a46e616d65a57061757365a5736c65657081a3666f72a3316d7383a46e616d65a573697a6564a373657481a576616c7565b46f6e6c79206d792073697a65206973206b657074a67265636f7264a86d6574616461746183a46e616d65a673696c656e74a373657481a576616c7565b56e6f7468696e67206f66206d65206973206b657074a67265636f7264a46e6f6e65', '22222222-0000-4000-8000-000000000001', '2026-03-02 12:00:00+00'),
	('acme', 'c878a57152c46e927170f62d99c67b8e2088736a92b5606a95c9b6b838e37fdd', '\x0188a6736368656d6101a4666c6f7782a46e616d65a76e696768746c79a475726c7381ab696d706f72744f72646572d93868747470733a2f2f686f6f6b732e6578616d706c652f686f6f6b732f61636d652f61636d652d6f72646572732f696d706f72744f72646572a8696e7374616e636584a46e616d65ab61636d652d6f7264657273a96e616d657370616365a461636d65a8637573746f6d657282a26964a461636d65a46e616d65a941434d4520476d6248a66c6162656c7381a474696572a4676f6c64ab696e746567726174696f6e82a46e616d65ad6f72646572732d746f2d657270a776657273696f6ea5312e342e30a6636f6e66696781a56f7264657282a26964a3412d31a56c696e65739382a3736b75a178a16e0182a3736b75a179a16e0082a3736b75a17aa16e03ab636f6e6e656374696f6e7380a974696d656f75744d73cdea60a573746570739282a46e616d65a56f72646572a373657481a576616c7565af247b636f6e6669672e6f726465727d83a46e616d65a576616c6964a5636865636b81a47468617492b8636f6e6669672e6f726465722e6964203d3d2027422d3227bc73697a6528636f6e6669672e6f726465722e6c696e657329203e2035a5726574727982a8617474656d70747302a564656c6179a3316d73', '22222222-0000-4000-8000-000000000001', '2026-03-02 12:00:00+00'),
	('acme', '739c0c01dca16c5980b6a757990b57850b46bb63c54c23e6eeaaf21985ab20b2', '\x0188a6736368656d6101a4666c6f7782a46e616d65a56175646974a475726c7381ab696d706f72744f72646572d93868747470733a2f2f686f6f6b732e6578616d706c652f686f6f6b732f61636d652f61636d652d6f72646572732f696d706f72744f72646572a8696e7374616e636584a46e616d65ab61636d652d6f7264657273a96e616d657370616365a461636d65a8637573746f6d657282a26964a461636d65a46e616d65a941434d4520476d6248a66c6162656c7381a474696572a4676f6c64ab696e746567726174696f6e82a46e616d65ad6f72646572732d746f2d657270a776657273696f6ea5312e342e30a6636f6e66696781a56f7264657282a26964a3412d31a56c696e65739382a3736b75a178a16e0182a3736b75a179a16e0082a3736b75a17aa16e03ab636f6e6e656374696f6e7380a974696d656f75744d73cdea60a573746570739983a46e616d65a56f72646572a373657481a576616c7565af247b636f6e6669672e6f726465727da76578747261637481a56c696e6573ae242e6c696e65735b2a5d2e736b7583a46e616d65a576616c6964a5636865636b81a47468617491bd73697a6528636f6e6669672e6f726465722e6c696e657329203d3d2033a661737365727491b26f75747075742e73697a652829203d3d203182a46e616d65a57072696365a6707974686f6e82a4636f6465da020c0a66726f6d206461746574696d6520696d706f7274206461746574696d652c2074696d6564656c74612c2074696d657a6f6e650a66726f6d20646563696d616c20696d706f727420446563696d616c0a0a6465662072756e28636f6e74657874293a0a20202020636f6e746578742e6c6f672e696e666f2822707269636564222c206c696e65733d332c2063757272656e63793d2245555222290a20202020636f6e746578742e6c6f672e7761726e28226f6e65206c696e6520686173206e6f20707269636522290a2020202072657475726e207b0a202020202020202022746f74616c223a20446563696d616c282231322e333022292c0a2020202020202020226174223a206461746574696d6528323032362c20332c20322c2031322c20747a696e666f3d74696d657a6f6e652e757463292c0a202020202020202022726177223a2062797465732872616e6765283829292c0a20202020202020202274616773223a207b226e6577227d2c0a202020202020202022746f6f6b223a2074696d6564656c7461287365636f6e64733d312e35292c0a2020202020202020226c61726765223a20322a2a37302c0a202020202020202022726f7773223a205b7b226964223a206622726f77207b6e756d6265727d222c20226e616d65223a20224772c3b6c39f65227d20666f72206e756d62657220696e2072616e676528333030295d2c0a202020207d0aa5696e70757481a56f72646572af247b636f6e6669672e6f726465727d83a46e616d65a472757368a26966b9636f6e6669672e6f726465722e6964203d3d20276e6f6e6527a373657481a576616c75650182a46e616d65a5726f757465a66272616e63689282a47768656eb8636f6e6669672e6f726465722e6964203d3d2027412d3127a573746570739182a46e616d65a6696e73696465a373657481a576616c7565a5666972737481a573746570739182a46e616d65a96f7468657277697365a373657481a576616c7565a67365636f6e6482a46e616d65a56c696e6573a7666f724561636882a56974656d73b5247b636f6e6669672e6f726465722e6c696e65737da573746570739282a46e616d65a470757368a373657481a576616c756582a3736b75ab247b6974656d2e736b757da16ea9247b6974656d2e6e7d82a46e616d65a57061727473a7666f724561636882a56974656d73920102a573746570739182a46e616d65a470617274a373657481a576616c7565a7247b6974656d7d82a46e616d65a57061757365a5736c65657081a3666f72a3316d7383a46e616d65a573697a6564a373657481a576616c7565b46f6e6c79206d792073697a65206973206b657074a67265636f7264a86d6574616461746183a46e616d65a673696c656e74a373657481a576616c7565b56e6f7468696e67206f66206d65206973206b657074a67265636f7264a46e6f6e65', '22222222-0000-4000-8000-000000000001', '2026-03-02 12:00:00+00'),
	('globex', '3caff2e2d367a21ed2bd448a1d3748b48f9bf55a1917e547db0a03eea3fb7708', '\x0188a6736368656d6101a4666c6f7782a46e616d65ab696d706f72744f72646572a475726c7381ab696d706f72744f72646572d93868747470733a2f2f686f6f6b732e6578616d706c652f686f6f6b732f61636d652f61636d652d6f72646572732f696d706f72744f72646572a8696e7374616e636584a46e616d65ab61636d652d6f7264657273a96e616d657370616365a461636d65a8637573746f6d657282a26964a461636d65a46e616d65a941434d4520476d6248a66c6162656c7381a474696572a4676f6c64ab696e746567726174696f6e82a46e616d65ad6f72646572732d746f2d657270a776657273696f6ea5312e342e30a6636f6e66696781a56f7264657282a26964a3412d31a56c696e65739382a3736b75a178a16e0182a3736b75a179a16e0082a3736b75a17aa16e03ab636f6e6e656374696f6e7380a974696d656f75744d73cdea60a573746570739283a46e616d65a56c696e6573a76f6e4572726f72a8636f6e74696e7565a7666f724561636883a56974656d73b5247b636f6e6669672e6f726465722e6c696e65737dab73746f704f6e4572726f72c2a573746570739182a46e616d65a470757368a5636865636b81a47468617491aa6974656d2e6e203e203082a46e616d65a4746f6c64a373657481a576616c7565bc247b73746570732e6c696e65732e6572726f722e6d6573736167657d', '22222222-0000-4000-8000-000000000002', '2026-03-02 12:00:00+00'),
	('globex', '739c0c01dca16c5980b6a757990b57850b46bb63c54c23e6eeaaf21985ab20b2', '\x0188a6736368656d6101a4666c6f7782a46e616d65a56175646974a475726c7381ab696d706f72744f72646572d93868747470733a2f2f686f6f6b732e6578616d706c652f686f6f6b732f61636d652f61636d652d6f72646572732f696d706f72744f72646572a8696e7374616e636584a46e616d65ab61636d652d6f7264657273a96e616d657370616365a461636d65a8637573746f6d657282a26964a461636d65a46e616d65a941434d4520476d6248a66c6162656c7381a474696572a4676f6c64ab696e746567726174696f6e82a46e616d65ad6f72646572732d746f2d657270a776657273696f6ea5312e342e30a6636f6e66696781a56f7264657282a26964a3412d31a56c696e65739382a3736b75a178a16e0182a3736b75a179a16e0082a3736b75a17aa16e03ab636f6e6e656374696f6e7380a974696d656f75744d73cdea60a573746570739983a46e616d65a56f72646572a373657481a576616c7565af247b636f6e6669672e6f726465727da76578747261637481a56c696e6573ae242e6c696e65735b2a5d2e736b7583a46e616d65a576616c6964a5636865636b81a47468617491bd73697a6528636f6e6669672e6f726465722e6c696e657329203d3d2033a661737365727491b26f75747075742e73697a652829203d3d203182a46e616d65a57072696365a6707974686f6e82a4636f6465da020c0a66726f6d206461746574696d6520696d706f7274206461746574696d652c2074696d6564656c74612c2074696d657a6f6e650a66726f6d20646563696d616c20696d706f727420446563696d616c0a0a6465662072756e28636f6e74657874293a0a20202020636f6e746578742e6c6f672e696e666f2822707269636564222c206c696e65733d332c2063757272656e63793d2245555222290a20202020636f6e746578742e6c6f672e7761726e28226f6e65206c696e6520686173206e6f20707269636522290a2020202072657475726e207b0a202020202020202022746f74616c223a20446563696d616c282231322e333022292c0a2020202020202020226174223a206461746574696d6528323032362c20332c20322c2031322c20747a696e666f3d74696d657a6f6e652e757463292c0a202020202020202022726177223a2062797465732872616e6765283829292c0a20202020202020202274616773223a207b226e6577227d2c0a202020202020202022746f6f6b223a2074696d6564656c7461287365636f6e64733d312e35292c0a2020202020202020226c61726765223a20322a2a37302c0a202020202020202022726f7773223a205b7b226964223a206622726f77207b6e756d6265727d222c20226e616d65223a20224772c3b6c39f65227d20666f72206e756d62657220696e2072616e676528333030295d2c0a202020207d0aa5696e70757481a56f72646572af247b636f6e6669672e6f726465727d83a46e616d65a472757368a26966b9636f6e6669672e6f726465722e6964203d3d20276e6f6e6527a373657481a576616c75650182a46e616d65a5726f757465a66272616e63689282a47768656eb8636f6e6669672e6f726465722e6964203d3d2027412d3127a573746570739182a46e616d65a6696e73696465a373657481a576616c7565a5666972737481a573746570739182a46e616d65a96f7468657277697365a373657481a576616c7565a67365636f6e6482a46e616d65a56c696e6573a7666f724561636882a56974656d73b5247b636f6e6669672e6f726465722e6c696e65737da573746570739282a46e616d65a470757368a373657481a576616c756582a3736b75ab247b6974656d2e736b757da16ea9247b6974656d2e6e7d82a46e616d65a57061727473a7666f724561636882a56974656d73920102a573746570739182a46e616d65a470617274a373657481a576616c7565a7247b6974656d7d82a46e616d65a57061757365a5736c65657081a3666f72a3316d7383a46e616d65a573697a6564a373657481a576616c7565b46f6e6c79206d792073697a65206973206b657074a67265636f7264a86d6574616461746183a46e616d65a673696c656e74a373657481a576616c7565b56e6f7468696e67206f66206d65206973206b657074a67265636f7264a46e6f6e65', '22222222-0000-4000-8000-000000000002', '2026-03-02 12:00:00+00');

INSERT INTO public.flow_slots (namespace, flow_uid, locked) VALUES
	('acme', '11111111-0000-4000-8000-000000000003', 0),
	('acme', '11111111-0000-4000-8000-000000000004', 0);

INSERT INTO public.idempotency_keys (namespace, flow_uid, kind, key_sha256, execution_id, body_sha256, expires_at) VALUES
	('acme', '11111111-0000-4000-8000-000000000004', 'deduplicate-by', '\x0ba3e4db9f4f87321a9fb4474000e641a75291b71a4dbe9909ef460767af22fc', '019cae6f-f9e0-7000-8000-000000000005', '\x44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a', '2026-03-03 12:00:00+00'),
	('acme', '11111111-0000-4000-8000-000000000003', 'tick', '\x536bce73b8e78cf26ec83de4bb94f89bc885135d77bd6b0dd208a5e581ec6977', '019cae74-8dc0-7000-8000-00000000000a', '\x', '2026-03-03 12:00:00+00'),
	('acme', '11111111-0000-4000-8000-000000000003', 'tick', '\x9cc885b5ff6d920e8add48be30d4f7a3a7a509e5c300fafd27974a34c746ba1c', '019cae75-7820-7000-8000-00000000000b', '\x', '2026-03-03 12:00:00+00'),
	('acme', '11111111-0000-4000-8000-000000000003', 'tick', '\x7b3548a9a8594165ec52c980c3eec1403d7dfe650c6e4d0d096d5acf3fc9bde0', '019cae77-4ce0-7000-8000-00000000000d', '\x', '2026-03-03 12:00:00+00'),
	('acme', '11111111-0000-4000-8000-000000000001', 'idempotency-key', '\x0bafe22156d2698c143b86040446d366ead863ba600d5c924f3d15c786ef4057', '019cae6c-5060-7000-8000-000000000001', '\x015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862', '2099-01-01 00:00:00+00'),
	('acme', '11111111-0000-4000-8000-000000000001', 'webhook-id', '\xefe8f84985cffb940bc7cad64f257419d14b621ac46630e24396dd3f46dd20c8', '019cae6d-3ac0-7000-8000-000000000002', '\x44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a', '2099-01-01 00:00:00+00');

INSERT INTO public.instances (uid, namespace, name, integration, version, customer_id, customer_name, labels, paused, ready, updated_at) VALUES
	('22222222-0000-4000-8000-000000000001', 'acme', 'acme-orders', 'orders-to-erp', '1.4.0', 'acme', 'ACME GmbH', '{"tier": "gold"}', false, true, '2026-03-02 12:00:00+00'),
	('22222222-0000-4000-8000-000000000002', 'globex', 'globex-orders', 'orders-to-erp', NULL, NULL, NULL, '{}', true, false, '2026-03-02 12:00:00+00');

INSERT INTO public.live_executions (id, namespace, instance, instance_uid, flow, flow_uid, state, state_since, run_after, epoch, holder, lease_until, cancel, cancel_at, job_attempt, replaced_at) VALUES
	('019cae7d-b580-7000-8000-000000000014', 'acme', 'acme-orders', '22222222-0000-4000-8000-000000000001', 'importOrder', '11111111-0000-4000-8000-000000000001', 'running', '2026-03-02 12:20:00.007872+00', NULL, 1, 'pex-019cae7d-b580-7000-8000-000000000014', '2026-03-02 12:20:15.094756+00', false, NULL, 1, NULL),
	('019cae7e-9fe0-7000-8000-000000000015', 'acme', 'acme-orders', '22222222-0000-4000-8000-000000000001', 'importOrder', '11111111-0000-4000-8000-000000000001', 'running', '2026-03-02 12:21:00.008611+00', NULL, 1, 'pex-019cae7e-9fe0-7000-8000-000000000015', '2099-01-01 00:00:00+00', false, NULL, 1, NULL),
	('019cae83-33c0-7000-8000-00000000001a', 'acme', 'acme-orders', '22222222-0000-4000-8000-000000000001', 'audit', '11111111-0000-4000-8000-000000000004', 'queued', '2026-03-02 12:26:00+00', '2099-01-01 00:00:00+00', 0, NULL, NULL, false, NULL, 1, NULL),
	('019cae7f-8a40-7000-8000-000000000016', 'acme', 'acme-orders', '22222222-0000-4000-8000-000000000001', 'importOrder', '11111111-0000-4000-8000-000000000001', 'running', '2026-03-02 12:22:00.031579+00', NULL, 1, 'pex-019cae7f-8a40-7000-8000-000000000016', '2026-03-02 12:22:15.045318+00', true, '2026-03-02 12:22:00.058245+00', 1, NULL),
	('019cae80-74a0-7000-8000-000000000017', 'acme', 'acme-orders', '22222222-0000-4000-8000-000000000001', 'importOrder', '11111111-0000-4000-8000-000000000001', 'starting', '2026-03-02 12:23:00+00', NULL, 0, NULL, NULL, false, NULL, 1, NULL),
	('019cae81-5f00-7000-8000-000000000018', 'acme', 'acme-orders', '22222222-0000-4000-8000-000000000001', 'audit', '11111111-0000-4000-8000-000000000004', 'starting', '2026-03-02 12:24:00+00', NULL, 0, NULL, NULL, false, NULL, 1, NULL),
	('019cae82-4960-7000-8000-000000000019', 'acme', 'acme-orders', '22222222-0000-4000-8000-000000000001', 'audit', '11111111-0000-4000-8000-000000000004', 'queued', '2026-03-02 12:25:00+00', NULL, 0, NULL, NULL, false, NULL, 1, NULL),
	('019cae84-1e20-7000-8000-00000000001b', 'acme', 'acme-orders', '22222222-0000-4000-8000-000000000001', 'syncStock', '11111111-0000-4000-8000-000000000002', 'queued', '2026-03-02 12:27:00+00', NULL, 0, NULL, NULL, false, NULL, 1, NULL),
	('019cae87-c7a0-7000-8000-00000000001f', 'globex', 'globex-orders', '22222222-0000-4000-8000-000000000002', 'audit', 'globex-audit', 'queued', '2026-03-02 12:31:00+00', NULL, 0, NULL, NULL, false, NULL, 1, NULL);

INSERT INTO public.pauses (namespace, flow_uid, since, until) VALUES
	('acme', '11111111-0000-4000-8000-000000000003', '2026-03-02 06:00:00+00', '2026-03-02 07:00:00+00'),
	('acme', '11111111-0000-4000-8000-000000000002', '2026-03-02 06:00:00+00', NULL);

INSERT INTO public.schema_migrations (name, applied_at) VALUES
	('0001_initial', '2026-03-02 12:00:00+00'),
	('0002_error_details', '2026-03-02 12:00:00+00');

INSERT INTO public.step_results_default (execution_id, path, attempt, namespace, action, status, started_at, ended_at, duration_ms, input, output, extracted, assertions, input_size, output_size, truncated, error_code, error_message, items_total, items_failed, warnings, error_details) VALUES
	('019de38f-69c0-7000-8000-00000000002a', 'silent', 1, 'acme', 'set', 'passed', '2026-05-01 12:42:01.00927+00', '2026-05-01 12:42:01.009281+00', 0, NULL, NULL, NULL, NULL, 0, 0, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019de38f-69c0-7000-8000-00000000002a', 'sized', 1, 'acme', 'set', 'passed', '2026-05-01 12:42:01.009213+00', '2026-05-01 12:42:01.009235+00', 0, NULL, NULL, NULL, NULL, 28, 21, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019de38f-69c0-7000-8000-00000000002a', 'pause', 1, 'acme', 'sleep', 'passed', '2026-05-01 12:42:01.003282+00', '2026-05-01 12:42:01.009136+00', 6, '\x0181a3666f72a3316d73', '\x0181a5756e74696cd920323032362d31312d32385431383a32343a34392e3034313332302b30303a3030', NULL, NULL, 9, 41, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019de38f-69c0-7000-8000-00000000002a', 'lines', 1, 'acme', 'forEach', 'passed', '2026-05-01 12:42:01.000202+00', '2026-05-01 12:42:01.003245+00', 3, '\x0182a56974656d739382a3736b75a178a16e0182a3736b75a179a16e0082a3736b75a17aa16e03a8706172616c6c656c01', '\x0193920102920102920102', NULL, NULL, 48, 10, false, NULL, NULL, 3, 0, '{}', NULL),
	('019de38f-69c0-7000-8000-00000000002a', 'lines/2/parts', 1, 'acme', 'forEach', 'passed', '2026-05-01 12:42:01.003024+00', '2026-05-01 12:42:01.003184+00', 0, '\x0182a56974656d73920102a8706172616c6c656c01', '\x01920102', NULL, NULL, 20, 3, false, NULL, NULL, 2, 0, '{}', NULL),
	('019de38f-69c0-7000-8000-00000000002a', 'lines/2/parts/1/part', 1, 'acme', 'set', 'passed', '2026-05-01 12:42:01.003137+00', '2026-05-01 12:42:01.003155+00', 0, '\x0181a576616c756502', '\x0102', NULL, NULL, 8, 1, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019de38f-69c0-7000-8000-00000000002a', 'lines/2/parts/0/part', 1, 'acme', 'set', 'passed', '2026-05-01 12:42:01.003077+00', '2026-05-01 12:42:01.003098+00', 0, '\x0181a576616c756501', '\x0101', NULL, NULL, 8, 1, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019de38f-69c0-7000-8000-00000000002a', 'lines/2/push', 1, 'acme', 'set', 'passed', '2026-05-01 12:42:01.002949+00', '2026-05-01 12:42:01.002992+00', 0, '\x0181a576616c756582a3736b75a17aa16e03', '\x0182a3736b75a17aa16e03', NULL, NULL, 17, 10, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019de38f-69c0-7000-8000-00000000002a', 'lines/1/parts', 1, 'acme', 'forEach', 'passed', '2026-05-01 12:42:01.001091+00', '2026-05-01 12:42:01.002897+00', 2, '\x0182a56974656d73920102a8706172616c6c656c01', '\x01920102', NULL, NULL, 20, 3, false, NULL, NULL, 2, 0, '{}', NULL),
	('019de38f-69c0-7000-8000-00000000002a', 'lines/1/parts/1/part', 1, 'acme', 'set', 'passed', '2026-05-01 12:42:01.002833+00', '2026-05-01 12:42:01.002859+00', 0, '\x0181a576616c756502', '\x0102', NULL, NULL, 8, 1, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019de38f-69c0-7000-8000-00000000002a', 'lines/1/parts/0/part', 1, 'acme', 'set', 'passed', '2026-05-01 12:42:01.002686+00', '2026-05-01 12:42:01.002748+00', 0, '\x0181a576616c756501', '\x0101', NULL, NULL, 8, 1, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019de38f-69c0-7000-8000-00000000002a', 'lines/1/push', 1, 'acme', 'set', 'passed', '2026-05-01 12:42:01.001018+00', '2026-05-01 12:42:01.001061+00', 0, '\x0181a576616c756582a3736b75a179a16e00', '\x0182a3736b75a179a16e00', NULL, NULL, 17, 10, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019de38f-69c0-7000-8000-00000000002a', 'lines/0/parts', 1, 'acme', 'forEach', 'passed', '2026-05-01 12:42:01.000741+00', '2026-05-01 12:42:01.000977+00', 0, '\x0182a56974656d73920102a8706172616c6c656c01', '\x01920102', NULL, NULL, 20, 3, false, NULL, NULL, 2, 0, '{}', NULL),
	('019de38f-69c0-7000-8000-00000000002a', 'lines/0/parts/1/part', 1, 'acme', 'set', 'passed', '2026-05-01 12:42:01.000915+00', '2026-05-01 12:42:01.000941+00', 0, '\x0181a576616c756502', '\x0102', NULL, NULL, 8, 1, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019de38f-69c0-7000-8000-00000000002a', 'lines/0/parts/0/part', 1, 'acme', 'set', 'passed', '2026-05-01 12:42:01.000795+00', '2026-05-01 12:42:01.00086+00', 0, '\x0181a576616c756501', '\x0101', NULL, NULL, 8, 1, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019de38f-69c0-7000-8000-00000000002a', 'lines/0/push', 1, 'acme', 'set', 'passed', '2026-05-01 12:42:01.000512+00', '2026-05-01 12:42:01.000681+00', 0, '\x0181a576616c756582a3736b75a178a16e01', '\x0182a3736b75a178a16e01', NULL, NULL, 17, 10, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019de38f-69c0-7000-8000-00000000002a', 'route', 1, 'acme', 'branch', 'passed', '2026-05-01 12:42:00.995541+00', '2026-05-01 12:42:01.00012+00', 5, '\x0181a46361736500', '\x01a56669727374', NULL, NULL, 7, 6, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019de38f-69c0-7000-8000-00000000002a', 'route/0/inside', 1, 'acme', 'set', 'passed', '2026-05-01 12:42:00.999166+00', '2026-05-01 12:42:00.999206+00', 0, '\x0181a576616c7565a56669727374', '\x01a56669727374', NULL, NULL, 13, 6, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019de38f-69c0-7000-8000-00000000002a', 'rush', 1, 'acme', 'set', 'skipped', '2026-05-01 12:42:00.995415+00', '2026-05-01 12:42:00.995439+00', 0, NULL, NULL, NULL, NULL, 0, 0, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019de38f-69c0-7000-8000-00000000002a', 'price', 1, 'acme', 'python', 'passed', '2026-05-01 12:42:00.852683+00', '2026-05-01 12:42:00.991522+00', 139, '\x0181a5696e70757481a56f7264657282a26964a3412d31a56c696e65739382a3736b75a178a16e0182a3736b75a179a16e0082a3736b75a17aa16e03', '\x0228b52ffd60501c950f00369c4f2e7069920efc6f6808d7c37b77e315eeb72020918cf811f41b4ded6a4ec32fa59452ca440666880fd2476b488bdf7e5e003c0039008a8364c251049c85792c6050f1c000a30285b3308e05040e021e258249241e95d6d0781a2c4be37094098b080de4a188481a472300d2008081b1e040c149188b02551055103705af87ab077d9d31e069928aba03370479249266691e1002ddddddcdccccccccbcbbbbbbbbabaaaaaaaa9a9999999989888888887877777777f7ffffff1b3264c8902143860c2143cdab897753245c4cb86012a4ddddddddccccccccccbbbbbbbbbbaaaaaaaaaa999999999988888888887777777777ffffffbf99999959b254a952a54a952a55aa54a92c7577ddddddddddccccccccccbbbbbbbbbbaaaaaaaaaa999999999988888888887777777777ffffffbf9999999959bd5eafd7ebf57abdde1d8145a821e8eb53af0ea10749b51c11300c8208883022248a080de90739b7b2b5b1958dcdccac6a665636b5b24c7e8fc7e3f178783cd8ae6e6a65634b4b1b9b5a59d5ccccaa0bf6ab8675cbfbdb87fc830fc38f3d8c1f7a183ff230fcc0c3f87187f1c30ee38f3a8c1f960e035e00004000000204008000000020000000080000000400987968569e3dc4070ff0e1e13d3cb8070fede1813d3cb0ebe1433d00ac14a59452f6425f85bfbe9499809a047e15', NULL, NULL, 59, 7504, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019de38f-69c0-7000-8000-00000000002a', 'valid', 1, 'acme', 'check', 'passed', '2026-05-01 12:42:00.809173+00', '2026-05-01 12:42:00.852483+00', 43, NULL, '\x019185aa65787072657373696f6ebd73697a6528636f6e6669672e6f726465722e6c696e657329203d3d2033a6706173736564c3a46c65667403a26f70a23d3da5726967687403', NULL, '\x019185aa65787072657373696f6eb26f75747075742e73697a652829203d3d2031a6706173736564c3a46c65667401a26f70a23d3da5726967687401', 0, 70, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019de38f-69c0-7000-8000-00000000002a', 'order', 1, 'acme', 'set', 'passed', '2026-05-01 12:42:00.661532+00', '2026-05-01 12:42:00.808861+00', 147, '\x0181a576616c756582a26964a3412d31a56c696e65739382a3736b75a178a16e0182a3736b75a179a16e0082a3736b75a17aa16e03', '\x0182a26964a3412d31a56c696e65739382a3736b75a178a16e0182a3736b75a179a16e0082a3736b75a17aa16e03', '\x0181a56c696e657393a178a179a17a', NULL, 52, 45, false, NULL, NULL, NULL, NULL, '{}', NULL);

INSERT INTO public.step_results_p20260301 (execution_id, path, attempt, namespace, action, status, started_at, ended_at, duration_ms, input, output, extracted, assertions, input_size, output_size, truncated, error_code, error_message, items_total, items_failed, warnings, error_details) VALUES
	('019ca969-a900-7000-8000-000000000028', 'valid', 2, 'acme', 'check', 'failed', '2026-03-01 12:40:00.725821+00', '2026-03-01 12:40:00.726817+00', 1, NULL, '\x019285aa65787072657373696f6eb8636f6e6669672e6f726465722e6964203d3d2027422d3227a6706173736564c2a46c656674a3412d31a26f70a23d3da57269676874a3422d3285aa65787072657373696f6ebc73697a6528636f6e6669672e6f726465722e6c696e657329203e2035a6706173736564c2a46c65667403a26f70a13ea5726967687405', NULL, NULL, 0, 138, false, 'check_failed', '`config.order.id == ''B-2''` is not true: the left side is "A-1", the right side "B-2" (and 1 more of 2 are not)', NULL, NULL, '{}', '\x019285aa65787072657373696f6eb8636f6e6669672e6f726465722e6964203d3d2027422d3227a6706173736564c2a46c656674a3412d31a26f70a23d3da57269676874a3422d3285aa65787072657373696f6ebc73697a6528636f6e6669672e6f726465722e6c696e657329203e2035a6706173736564c2a46c65667403a26f70a13ea5726967687405'),
	('019ca969-a900-7000-8000-000000000028', 'valid', 1, 'acme', 'check', 'failed', '2026-03-01 12:40:00.677246+00', '2026-03-01 12:40:00.720184+00', 43, NULL, '\x019285aa65787072657373696f6eb8636f6e6669672e6f726465722e6964203d3d2027422d3227a6706173736564c2a46c656674a3412d31a26f70a23d3da57269676874a3422d3285aa65787072657373696f6ebc73697a6528636f6e6669672e6f726465722e6c696e657329203e2035a6706173736564c2a46c65667403a26f70a13ea5726967687405', NULL, NULL, 0, 138, false, 'check_failed', '`config.order.id == ''B-2''` is not true: the left side is "A-1", the right side "B-2" (and 1 more of 2 are not)', NULL, NULL, '{}', '\x019285aa65787072657373696f6eb8636f6e6669672e6f726465722e6964203d3d2027422d3227a6706173736564c2a46c656674a3412d31a26f70a23d3da57269676874a3422d3285aa65787072657373696f6ebc73697a6528636f6e6669672e6f726465722e6c696e657329203e2035a6706173736564c2a46c65667403a26f70a13ea5726967687405'),
	('019ca969-a900-7000-8000-000000000028', 'order', 1, 'acme', 'set', 'passed', '2026-03-01 12:40:00.518956+00', '2026-03-01 12:40:00.676983+00', 158, '\x0181a576616c756582a26964a3412d31a56c696e65739382a3736b75a178a16e0182a3736b75a179a16e0082a3736b75a17aa16e03', '\x0182a26964a3412d31a56c696e65739382a3736b75a178a16e0182a3736b75a179a16e0082a3736b75a17aa16e03', NULL, NULL, 52, 45, false, NULL, NULL, NULL, NULL, '{}', NULL);

INSERT INTO public.step_results_p20260302 (execution_id, path, attempt, namespace, action, status, started_at, ended_at, duration_ms, input, output, extracted, assertions, input_size, output_size, truncated, error_code, error_message, items_total, items_failed, warnings, error_details) VALUES
	('019cae6c-5060-7000-8000-000000000001', 'silent', 1, 'acme', 'set', 'passed', '2026-03-02 12:01:00.731373+00', '2026-03-02 12:01:00.731387+00', 0, NULL, NULL, NULL, NULL, 0, 0, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cae6c-5060-7000-8000-000000000001', 'sized', 1, 'acme', 'set', 'passed', '2026-03-02 12:01:00.731301+00', '2026-03-02 12:01:00.731328+00', 0, NULL, NULL, NULL, NULL, 28, 21, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cae70-e440-7000-8000-000000000006', 'lines/1/push', 1, 'acme', 'http', 'cancelled', '2026-03-02 12:06:04.155223+00', '2026-03-02 12:06:00.030957+00', 0, '\x0182a375726cba68747470733a2f2f6572702e6578616d706c652f6f7264657273a66d6574686f64a4504f5354', NULL, NULL, NULL, 44, 0, false, 'cancelled', 'cancelled on request', NULL, NULL, '{}', NULL),
	('019cae70-e440-7000-8000-000000000006', 'lines', 1, 'acme', 'forEach', 'cancelled', '2026-03-02 12:06:02.155223+00', '2026-03-02 12:06:00.030957+00', 0, NULL, NULL, NULL, NULL, 0, 0, false, 'cancelled', 'cancelled on request', 3, NULL, '{}', NULL),
	('019cae70-e440-7000-8000-000000000006', 'lines/0/push', 1, 'acme', 'http', 'passed', '2026-03-02 12:06:03.155223+00', '2026-03-02 12:06:03.162223+00', 7, NULL, '\x0182a26964a3412d31a56c696e65739382a3736b75a178a16e0182a3736b75a179a16e0082a3736b75a17aa16e03', NULL, NULL, 0, 45, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cae6c-5060-7000-8000-000000000001', 'pause', 1, 'acme', 'sleep', 'passed', '2026-03-02 12:01:00.720812+00', '2026-03-02 12:01:00.731153+00', 10, '\x0181a3666f72a3316d73', '\x0181a5756e74696cd920323032362d31312d32385431383a32343a34322e3230363836322b30303a3030', NULL, NULL, 9, 41, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cae6c-5060-7000-8000-000000000001', 'lines', 1, 'acme', 'forEach', 'passed', '2026-03-02 12:01:00.717975+00', '2026-03-02 12:01:00.720743+00', 3, '\x0182a56974656d739382a3736b75a178a16e0182a3736b75a179a16e0082a3736b75a17aa16e03a8706172616c6c656c01', '\x0193920102920102920102', NULL, NULL, 48, 10, false, NULL, NULL, 3, 0, '{}', NULL),
	('019cae6c-5060-7000-8000-000000000001', 'lines/2/parts', 1, 'acme', 'forEach', 'passed', '2026-03-02 12:01:00.720198+00', '2026-03-02 12:01:00.720591+00', 0, '\x0182a56974656d73920102a8706172616c6c656c01', '\x01920102', NULL, NULL, 20, 3, false, NULL, NULL, 2, 0, '{}', NULL),
	('019cae6c-5060-7000-8000-000000000001', 'lines/2/parts/1/part', 1, 'acme', 'set', 'passed', '2026-03-02 12:01:00.720514+00', '2026-03-02 12:01:00.720553+00', 0, '\x0181a576616c756502', '\x0102', NULL, NULL, 8, 1, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cae6c-5060-7000-8000-000000000001', 'lines/2/parts/0/part', 1, 'acme', 'set', 'passed', '2026-03-02 12:01:00.720346+00', '2026-03-02 12:01:00.720463+00', 0, '\x0181a576616c756501', '\x0101', NULL, NULL, 8, 1, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cae6c-5060-7000-8000-000000000001', 'lines/2/push', 1, 'acme', 'set', 'passed', '2026-03-02 12:01:00.720043+00', '2026-03-02 12:01:00.720154+00', 0, '\x0181a576616c756582a3736b75a17aa16e03', '\x0182a3736b75a17aa16e03', NULL, NULL, 17, 10, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cae6c-5060-7000-8000-000000000001', 'lines/1/parts', 1, 'acme', 'forEach', 'passed', '2026-03-02 12:01:00.719633+00', '2026-03-02 12:01:00.719824+00', 0, '\x0182a56974656d73920102a8706172616c6c656c01', '\x01920102', NULL, NULL, 20, 3, false, NULL, NULL, 2, 0, '{}', NULL),
	('019cae6c-5060-7000-8000-000000000001', 'lines/1/parts/1/part', 1, 'acme', 'set', 'passed', '2026-03-02 12:01:00.719766+00', '2026-03-02 12:01:00.719788+00', 0, '\x0181a576616c756502', '\x0102', NULL, NULL, 8, 1, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cae6c-5060-7000-8000-000000000001', 'lines/1/parts/0/part', 1, 'acme', 'set', 'passed', '2026-03-02 12:01:00.719679+00', '2026-03-02 12:01:00.719714+00', 0, '\x0181a576616c756501', '\x0101', NULL, NULL, 8, 1, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cae6c-5060-7000-8000-000000000001', 'lines/1/push', 1, 'acme', 'set', 'passed', '2026-03-02 12:01:00.719549+00', '2026-03-02 12:01:00.719599+00', 0, '\x0181a576616c756582a3736b75a179a16e00', '\x0182a3736b75a179a16e00', NULL, NULL, 17, 10, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cae6c-5060-7000-8000-000000000001', 'lines/0/parts', 1, 'acme', 'forEach', 'passed', '2026-03-02 12:01:00.719225+00', '2026-03-02 12:01:00.719504+00', 0, '\x0182a56974656d73920102a8706172616c6c656c01', '\x01920102', NULL, NULL, 20, 3, false, NULL, NULL, 2, 0, '{}', NULL),
	('019cae6c-5060-7000-8000-000000000001', 'lines/0/parts/1/part', 1, 'acme', 'set', 'passed', '2026-03-02 12:01:00.719433+00', '2026-03-02 12:01:00.719462+00', 0, '\x0181a576616c756502', '\x0102', NULL, NULL, 8, 1, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cae6c-5060-7000-8000-000000000001', 'lines/0/parts/0/part', 1, 'acme', 'set', 'passed', '2026-03-02 12:01:00.719294+00', '2026-03-02 12:01:00.719369+00', 0, '\x0181a576616c756501', '\x0101', NULL, NULL, 8, 1, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cae6c-5060-7000-8000-000000000001', 'lines/0/push', 1, 'acme', 'set', 'passed', '2026-03-02 12:01:00.718261+00', '2026-03-02 12:01:00.71915+00', 1, '\x0181a576616c756582a3736b75a178a16e01', '\x0182a3736b75a178a16e01', NULL, NULL, 17, 10, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cae6c-5060-7000-8000-000000000001', 'route', 1, 'acme', 'branch', 'passed', '2026-03-02 12:01:00.713556+00', '2026-03-02 12:01:00.717923+00', 4, '\x0181a46361736500', '\x01a56669727374', NULL, NULL, 7, 6, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cae6c-5060-7000-8000-000000000001', 'route/0/inside', 1, 'acme', 'set', 'passed', '2026-03-02 12:01:00.717751+00', '2026-03-02 12:01:00.717795+00', 0, '\x0181a576616c7565a56669727374', '\x01a56669727374', NULL, NULL, 13, 6, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cae6c-5060-7000-8000-000000000001', 'rush', 1, 'acme', 'set', 'skipped', '2026-03-02 12:01:00.713475+00', '2026-03-02 12:01:00.713496+00', 0, NULL, NULL, NULL, NULL, 0, 0, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cae6c-5060-7000-8000-000000000001', 'price', 1, 'acme', 'python', 'passed', '2026-03-02 12:01:00.609242+00', '2026-03-02 12:01:00.709808+00', 101, '\x0181a5696e70757481a56f7264657282a26964a3412d31a56c696e65739382a3736b75a178a16e0182a3736b75a179a16e0082a3736b75a17aa16e03', '\x0228b52ffd60501c950f00369c4f2e7069920efc6f6808d7c37b77e315eeb72020918cf811f41b4ded6a4ec32fa59452ca440666880fd2476b488bdf7e5e003c0039008a8364c251049c85792c6050f1c000a30285b3308e05040e021e258249241e95d6d0781a2c4be37094098b080de4a188481a472300d2008081b1e040c149188b02551055103705af87ab077d9d31e069928aba03370479249266691e1002ddddddcdccccccccbcbbbbbbbbabaaaaaaaa9a9999999989888888887877777777f7ffffff1b3264c8902143860c2143cdab897753245c4cb86012a4ddddddddccccccccccbbbbbbbbbbaaaaaaaaaa999999999988888888887777777777ffffffbf99999959b254a952a54a952a55aa54a92c7577ddddddddddccccccccccbbbbbbbbbbaaaaaaaaaa999999999988888888887777777777ffffffbf9999999959bd5eafd7ebf57abdde1d8145a821e8eb53af0ea10749b51c11300c8208883022248a080de90739b7b2b5b1958dcdccac6a665636b5b24c7e8fc7e3f178783cd8ae6e6a65634b4b1b9b5a59d5ccccaa0bf6ab8675cbfbdb87fc830fc38f3d8c1f7a183ff230fcc0c3f87187f1c30ee38f3a8c1f960e035e00004000000204008000000020000000080000000400987968569e3dc4070ff0e1e13d3cb8070fede1813d3cb0ebe1433d00ac14a59452f6425f85bfbe9499809a047e15', NULL, NULL, 59, 7504, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cae6c-5060-7000-8000-000000000001', 'valid', 1, 'acme', 'check', 'passed', '2026-03-02 12:01:00.567019+00', '2026-03-02 12:01:00.609066+00', 42, NULL, '\x019185aa65787072657373696f6ebd73697a6528636f6e6669672e6f726465722e6c696e657329203d3d2033a6706173736564c3a46c65667403a26f70a23d3da5726967687403', NULL, '\x019185aa65787072657373696f6eb26f75747075742e73697a652829203d3d2031a6706173736564c3a46c65667401a26f70a23d3da5726967687401', 0, 70, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cae6c-5060-7000-8000-000000000001', 'order', 1, 'acme', 'set', 'passed', '2026-03-02 12:01:00.484452+00', '2026-03-02 12:01:00.566788+00', 82, '\x0181a576616c756582a26964a3412d31a56c696e65739382a3736b75a178a16e0182a3736b75a179a16e0082a3736b75a17aa16e03', '\x0182a26964a3412d31a56c696e65739382a3736b75a178a16e0182a3736b75a179a16e0082a3736b75a17aa16e03', '\x0181a56c696e657393a178a179a17a', NULL, 52, 45, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cae6d-3ac0-7000-8000-000000000002', 'valid', 2, 'acme', 'check', 'failed', '2026-03-02 12:02:00.317299+00', '2026-03-02 12:02:00.31885+00', 2, NULL, '\x019285aa65787072657373696f6eb8636f6e6669672e6f726465722e6964203d3d2027422d3227a6706173736564c2a46c656674a3412d31a26f70a23d3da57269676874a3422d3285aa65787072657373696f6ebc73697a6528636f6e6669672e6f726465722e6c696e657329203e2035a6706173736564c2a46c65667403a26f70a13ea5726967687405', NULL, NULL, 0, 138, false, 'check_failed', '`config.order.id == ''B-2''` is not true: the left side is "A-1", the right side "B-2" (and 1 more of 2 are not)', NULL, NULL, '{}', '\x019285aa65787072657373696f6eb8636f6e6669672e6f726465722e6964203d3d2027422d3227a6706173736564c2a46c656674a3412d31a26f70a23d3da57269676874a3422d3285aa65787072657373696f6ebc73697a6528636f6e6669672e6f726465722e6c696e657329203e2035a6706173736564c2a46c65667403a26f70a13ea5726967687405'),
	('019cae6d-3ac0-7000-8000-000000000002', 'valid', 1, 'acme', 'check', 'failed', '2026-03-02 12:02:00.290843+00', '2026-03-02 12:02:00.315191+00', 24, NULL, '\x019285aa65787072657373696f6eb8636f6e6669672e6f726465722e6964203d3d2027422d3227a6706173736564c2a46c656674a3412d31a26f70a23d3da57269676874a3422d3285aa65787072657373696f6ebc73697a6528636f6e6669672e6f726465722e6c696e657329203e2035a6706173736564c2a46c65667403a26f70a13ea5726967687405', NULL, NULL, 0, 138, false, 'check_failed', '`config.order.id == ''B-2''` is not true: the left side is "A-1", the right side "B-2" (and 1 more of 2 are not)', NULL, NULL, '{}', '\x019285aa65787072657373696f6eb8636f6e6669672e6f726465722e6964203d3d2027422d3227a6706173736564c2a46c656674a3412d31a26f70a23d3da57269676874a3422d3285aa65787072657373696f6ebc73697a6528636f6e6669672e6f726465722e6c696e657329203e2035a6706173736564c2a46c65667403a26f70a13ea5726967687405'),
	('019cae6d-3ac0-7000-8000-000000000002', 'order', 1, 'acme', 'set', 'passed', '2026-03-02 12:02:00.267838+00', '2026-03-02 12:02:00.290622+00', 23, '\x0181a576616c756582a26964a3412d31a56c696e65739382a3736b75a178a16e0182a3736b75a179a16e0082a3736b75a17aa16e03', '\x0182a26964a3412d31a56c696e65739382a3736b75a178a16e0182a3736b75a179a16e0082a3736b75a17aa16e03', NULL, NULL, 52, 45, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cae6e-2520-7000-8000-000000000003', 'told', 1, 'acme', 'set', 'passed', '2026-03-02 12:03:00.477751+00', '2026-03-02 12:03:00.477929+00', 0, '\x0181a576616c7565d97b31206f662033206974656d73206661696c65643b20746865206669727374206973206974656d20313a2073746570206c696e65732f312f707573683a20606974656d2e6e203e203060206973206e6f7420747275653a20746865206c656674207369646520697320302c2074686520726967687420736964652030', '\x01d97b31206f662033206974656d73206661696c65643b20746865206669727374206973206974656d20313a2073746570206c696e65732f312f707573683a20606974656d2e6e203e203060206973206e6f7420747275653a20746865206c656674207369646520697320302c2074686520726967687420736964652030', NULL, NULL, 132, 125, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cae6e-2520-7000-8000-000000000003', 'lines', 1, 'acme', 'forEach', 'failed', '2026-03-02 12:03:00.368141+00', '2026-03-02 12:03:00.477661+00', 110, '\x0182a56974656d739382a3736b75a178a16e0182a3736b75a179a16e0082a3736b75a17aa16e03a8706172616c6c656c01', '\x01939185aa65787072657373696f6eaa6974656d2e6e203e2030a6706173736564c3a46c65667401a26f70a13ea5726967687400c09185aa65787072657373696f6eaa6974656d2e6e203e2030a6706173736564c3a46c65667403a26f70a13ea5726967687400', NULL, NULL, 48, 102, false, 'items_failed', '1 of 3 items failed; the first is item 1: step lines/1/push: `item.n > 0` is not true: the left side is 0, the right side 0', 3, 1, '{}', '\x0181a473746570ac6c696e65732f312f70757368'),
	('019cae6e-2520-7000-8000-000000000003', 'lines/2/push', 1, 'acme', 'check', 'passed', '2026-03-02 12:03:00.477384+00', '2026-03-02 12:03:00.477594+00', 0, NULL, '\x019185aa65787072657373696f6eaa6974656d2e6e203e2030a6706173736564c3a46c65667403a26f70a13ea5726967687400', NULL, NULL, 0, 50, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cae6e-2520-7000-8000-000000000003', 'lines/1/push', 1, 'acme', 'check', 'failed', '2026-03-02 12:03:00.47683+00', '2026-03-02 12:03:00.47722+00', 0, NULL, '\x019185aa65787072657373696f6eaa6974656d2e6e203e2030a6706173736564c2a46c65667400a26f70a13ea5726967687400', NULL, NULL, 0, 50, false, 'check_failed', '`item.n > 0` is not true: the left side is 0, the right side 0', NULL, NULL, '{}', '\x019185aa65787072657373696f6eaa6974656d2e6e203e2030a6706173736564c2a46c65667400a26f70a13ea5726967687400'),
	('019cae6e-2520-7000-8000-000000000003', 'lines/0/push', 1, 'acme', 'check', 'passed', '2026-03-02 12:03:00.439249+00', '2026-03-02 12:03:00.476541+00', 37, NULL, '\x019185aa65787072657373696f6eaa6974656d2e6e203e2030a6706173736564c3a46c65667401a26f70a13ea5726967687400', NULL, NULL, 0, 50, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cae6f-0f80-7000-8000-000000000004', 'nap', 1, 'acme', 'sleep', 'timed_out', '2026-03-02 12:04:00.422562+00', '2026-03-02 12:04:00.723484+00', 301, '\x0181a3666f72a3363073', '\x0181a5756e74696cd920323032362d31312d32385431383a32353a34332e3439333630302b30303a3030', NULL, NULL, 9, 41, false, 'timeout', 'what is around it had no time left', NULL, NULL, '{}', NULL),
	('019cae70-e440-7000-8000-000000000006', 'send', 2, 'acme', 'http', 'passed', '2026-03-02 12:06:01.155223+00', '2026-03-02 12:06:01.162223+00', 7, '\x0182a375726cba68747470733a2f2f6572702e6578616d706c652f6f7264657273a66d6574686f64a4504f5354', '\x0182a26964a3412d31a56c696e65739382a3736b75a178a16e0182a3736b75a179a16e0082a3736b75a17aa16e03', NULL, NULL, 0, 0, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cae70-e440-7000-8000-000000000006', 'send', 1, 'acme', 'http', 'failed', '2026-03-02 12:06:00.155223+00', '2026-03-02 12:06:00.162223+00', 7, '\x0182a375726cba68747470733a2f2f6572702e6578616d706c652f6f7264657273a66d6574686f64a4504f5354', '\x0181a6737461747573cd01f7', NULL, '\x019185aa65787072657373696f6eb46f75747075742e737461747573203d3d20323030a6706173736564c2a46c656674cd01f7a26f70a23d3da57269676874ccc8', 44, 11, false, 'http_status', 'POST https://erp.example/orders answered 503', NULL, NULL, '{"body: cut",two}', '\x0181a6737461747573cd01f7'),
	('019cae70-e440-7000-8000-000000000006', 'order', 1, 'acme', 'set', 'passed', '2026-03-02 12:05:59.155223+00', '2026-03-02 12:05:59.162223+00', 7, NULL, '\x0182a26964a3412d31a56c696e65739382a3736b75a178a16e0182a3736b75a179a16e0082a3736b75a17aa16e03', '\x0182a26964a3412d31a56c696e65739382a3736b75a178a16e0182a3736b75a179a16e0082a3736b75a17aa16e03', NULL, 0, 45, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cae71-cea0-7000-8000-000000000007', 'lines/1/push', 1, 'acme', 'http', 'failed', '2026-03-02 12:07:04.119321+00', '2026-03-02 12:07:00.026998+00', 0, '\x0182a375726cba68747470733a2f2f6572702e6578616d706c652f6f7264657273a66d6574686f64a4504f5354', NULL, NULL, NULL, 44, 0, false, 'node_lost', 'the node worker-1 was lost with the runner''s pod pex-7', NULL, NULL, '{}', NULL),
	('019cae71-cea0-7000-8000-000000000007', 'lines', 1, 'acme', 'forEach', 'failed', '2026-03-02 12:07:02.119321+00', '2026-03-02 12:07:00.026998+00', 0, NULL, NULL, NULL, NULL, 0, 0, false, 'node_lost', 'the node worker-1 was lost with the runner''s pod pex-7', 3, NULL, '{}', NULL),
	('019cae71-cea0-7000-8000-000000000007', 'lines/0/push', 1, 'acme', 'http', 'passed', '2026-03-02 12:07:03.119321+00', '2026-03-02 12:07:03.126321+00', 7, NULL, '\x0182a26964a3412d31a56c696e65739382a3736b75a178a16e0182a3736b75a179a16e0082a3736b75a17aa16e03', NULL, NULL, 0, 45, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cae71-cea0-7000-8000-000000000007', 'send', 2, 'acme', 'http', 'passed', '2026-03-02 12:07:01.119321+00', '2026-03-02 12:07:01.126321+00', 7, '\x0182a375726cba68747470733a2f2f6572702e6578616d706c652f6f7264657273a66d6574686f64a4504f5354', '\x0182a26964a3412d31a56c696e65739382a3736b75a178a16e0182a3736b75a179a16e0082a3736b75a17aa16e03', NULL, NULL, 0, 0, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cae71-cea0-7000-8000-000000000007', 'send', 1, 'acme', 'http', 'failed', '2026-03-02 12:07:00.119321+00', '2026-03-02 12:07:00.126321+00', 7, '\x0182a375726cba68747470733a2f2f6572702e6578616d706c652f6f7264657273a66d6574686f64a4504f5354', '\x0181a6737461747573cd01f7', NULL, '\x019185aa65787072657373696f6eb46f75747075742e737461747573203d3d20323030a6706173736564c2a46c656674cd01f7a26f70a23d3da57269676874ccc8', 44, 11, false, 'http_status', 'POST https://erp.example/orders answered 503', NULL, NULL, '{"body: cut",two}', '\x0181a6737461747573cd01f7'),
	('019cae71-cea0-7000-8000-000000000007', 'order', 1, 'acme', 'set', 'passed', '2026-03-02 12:06:59.119321+00', '2026-03-02 12:06:59.126321+00', 7, NULL, '\x0182a26964a3412d31a56c696e65739382a3736b75a178a16e0182a3736b75a179a16e0082a3736b75a17aa16e03', '\x0182a26964a3412d31a56c696e65739382a3736b75a178a16e0182a3736b75a179a16e0082a3736b75a17aa16e03', NULL, 0, 45, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cae72-b900-7000-8000-000000000008', 'keys', 1, 'acme', 'set', 'passed', '2026-03-02 12:08:04.088816+00', '2026-03-02 12:08:04.095816+00', 7, NULL, '\x0182a36120628201a36f6e65c0a46e6f6e65a77361792022782292cb3ff8000000000000cb7ff8000000000000', NULL, NULL, 0, 45, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cae72-b900-7000-8000-000000000008', 'huge', 1, 'acme', 'set', 'passed', '2026-03-02 12:08:03.088816+00', '2026-03-02 12:08:03.095816+00', 7, NULL, '\x0228b52ffd8058051bb70074000030dd00b71b00800100f7ff3928020200108002001080020010800200108002001080020010800200108002001080020010800200108002001080020010800200108002001080020010800200108002001080020010800200108002001080020010800200108002001080020010800200108002001080020010800200108002001080020010800200108002001080020010800200108002001080020010800200108002001080020010800200108002001080020010800200108002001080020010800200108002001080020010800200108002001080020010800200108002001080020010800200108002001080020010800200108002001080020010800200108002001080020010800200108002001080020010800200108002001080020010800200108002001080020010800200108002001080020010800200108002001080020010800200108002001080020010800200108002001080020010800200108002001080020010800200108002001080020010802bd80880', NULL, NULL, 0, 392, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cae72-b900-7000-8000-000000000008', 'deep', 1, 'acme', 'set', 'passed', '2026-03-02 12:08:02.088816+00', '2026-03-02 12:08:02.095816+00', 7, NULL, '\x019191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191919191aa7468652067726f756e64', NULL, NULL, 0, 272, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cae72-b900-7000-8000-000000000008', 'damaged', 1, 'acme', 'set', 'passed', '2026-03-02 12:08:01.088816+00', '2026-03-02 12:08:01.095816+00', 7, NULL, '\x026e6f6e73656e7365', '\x026e6f6e73656e7365', '\x026e6f6e73656e7365', 0, 9, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cae72-b900-7000-8000-000000000008', 'cut', 1, 'acme', 'set', 'passed', '2026-03-02 12:08:00.088816+00', '2026-03-02 12:08:00.095816+00', 7, NULL, '\x810000000000001ed5dc0106a5726f772030a5726f772031a5726f772032a5726f772033a5726f772034a5726f772035a5726f772036a5726f772037a5726f772038a5726f772039a6726f77203130a6726f77203131a6726f77203132a6726f77203133a6726f77203134a6726f77203135a6726f77203136a6726f77203137a6726f77203138a6726f77203139a6726f77203230a6726f77203231a6726f77203232a6726f77203233a6726f77203234a6726f77203235a6726f77203236a6726f77203237a6726f77203238a6726f77203239a6726f77203330a6726f77203331a6726f77203332a6726f77203333a6726f77203334a6726f77203335a6726f77203336a6726f77203337a6726f77203338a6726f77203339a6726f77203430a6726f77203431a6726f77203432a6726f77203433a6726f77203434a6726f77203435a6726f77203436a6726f77203437a6726f77203438a6726f77203439a6726f77203530a6726f77203531a6726f77203532a6726f77203533a6726f77203534a6726f77203535a6726f77203536a6726f77203537a6726f77203538a6726f77203539a6726f77203630a6726f77203631a6726f77203632a6726f77203633a6726f77203634a6726f77203635a6726f77203636a6726f77203637a6726f77203638a6726f77203639a6726f77203730a6726f77203731a6726f77203732a6726f77203733a6726f77203734a6726f77203735a6726f77203736a6726f77203737a6726f77203738a6726f77203739a6726f77203830a6726f77203831a6726f77203832a6726f77203833a6726f77203834a6726f77203835a6726f77203836a6726f77203837a6726f77203838a6726f77203839a6726f77203930a6726f77203931a6726f77203932a6726f77203933a6726f77203934a6726f77203935a6726f77203936a6726f77203937a6726f77203938a6726f77203939a7726f7720313030a7726f7720313031a7726f7720313032a7726f7720313033a7726f7720313034a7726f7720313035a7726f7720313036a7726f7720313037a7726f7720313038a7726f7720313039a7726f7720313130a7726f7720313131a7726f7720313132a7726f7720313133a7726f7720313134a7726f7720313135a7726f7720313136a7726f7720313137a7726f7720313138a7726f7720313139a7726f7720313230a7726f7720313231a7726f7720313232a7726f7720313233a7726f7720313234a7726f7720313235a7726f7720313236a7726f7720313237a7726f7720313238a7726f7720313239a7726f7720313330a7726f7720313331a7726f7720313332a7726f7720313333a7726f7720313334a7726f7720313335a7726f7720313336a7726f7720313337a7726f7720313338a7726f7720313339a7726f7720313430a7726f7720313431a7726f7720313432a7726f7720313433a7726f7720313434a7726f7720313435a7726f7720313436a7726f7720313437a7726f7720313438a7726f7720313439a7726f7720313530a7726f7720313531a7726f7720313532a7726f7720313533a7726f7720313534a7726f7720313535a7726f7720313536a7726f7720313537a7726f7720313538a7726f7720313539a7726f7720313630a7726f7720313631a7726f7720313632a7726f7720313633a7726f7720313634a7726f7720313635a7726f7720313636a7726f7720313637a7726f7720313638a7726f7720313639a7726f7720313730a7726f7720313731a7726f7720313732a7726f7720313733a7726f7720313734a7726f7720313735a7726f7720313736a7726f7720313737a7726f7720313738a7726f7720313739a7726f7720313830a7726f7720313831a7726f7720313832a7726f7720313833a7726f7720313834a7726f7720313835a7726f7720313836a7726f7720313837a7726f7720313838a7726f7720313839a7726f7720313930a7726f7720313931a7726f7720313932a7726f7720313933a7726f7720313934a7726f7720313935a7726f7720313936a7726f7720313937a7726f7720313938a7726f7720313939a7726f7720323030a7726f7720323031a7726f7720323032a7726f7720323033a7726f7720323034a7726f7720323035a7726f7720323036a7726f7720323037a7726f7720323038a7726f7720323039a7726f7720323130a7726f7720323131a7726f7720323132a7726f7720323133a7726f7720323134a7726f7720323135a7726f7720323136a7726f7720323137a7726f7720323138a7726f7720323139a7726f7720323230a7726f7720323231a7726f7720323232a7726f7720323233a7726f7720323234a7726f7720323235a7726f7720323236a7726f7720323237a7726f7720323238a7726f7720323239a7726f7720323330a7726f7720323331a7726f7720323332a7726f7720323333a7726f7720323334a7726f7720323335a7726f7720323336a7726f7720323337a7726f7720323338a7726f7720323339a7726f7720323430a7726f7720323431a7726f7720323432a7726f7720323433a7726f7720323434a7726f7720323435a7726f7720323436a7726f7720323437a7726f7720323438a7726f7720323439a7726f7720323530a7726f7720323531a7726f7720323532a7726f7720323533a7726f7720323534a7726f7720323535a7726f7720323536a7726f7720323537a7726f7720323538a7726f7720323539a7726f7720323630a7726f7720323631', NULL, NULL, 0, 1998, true, NULL, NULL, NULL, NULL, '{"cut to 1989 of 7893 bytes: the limit is 2000"}', NULL),
	('019cae7d-b580-7000-8000-000000000014', 'lines/1/push', 1, 'acme', 'http', 'running', '2026-03-02 12:20:04.776404+00', NULL, NULL, '\x0182a375726cba68747470733a2f2f6572702e6578616d706c652f6f7264657273a66d6574686f64a4504f5354', NULL, NULL, NULL, 44, 0, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cae7d-b580-7000-8000-000000000014', 'lines/0/push', 1, 'acme', 'http', 'passed', '2026-03-02 12:20:03.776404+00', '2026-03-02 12:20:03.783404+00', 7, NULL, '\x0182a26964a3412d31a56c696e65739382a3736b75a178a16e0182a3736b75a179a16e0082a3736b75a17aa16e03', NULL, NULL, 0, 45, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cae7d-b580-7000-8000-000000000014', 'lines', 1, 'acme', 'forEach', 'running', '2026-03-02 12:20:02.776404+00', NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, false, NULL, NULL, 3, NULL, '{}', NULL),
	('019cae7d-b580-7000-8000-000000000014', 'send', 2, 'acme', 'http', 'passed', '2026-03-02 12:20:01.776404+00', '2026-03-02 12:20:01.783404+00', 7, '\x0182a375726cba68747470733a2f2f6572702e6578616d706c652f6f7264657273a66d6574686f64a4504f5354', '\x0182a26964a3412d31a56c696e65739382a3736b75a178a16e0182a3736b75a179a16e0082a3736b75a17aa16e03', NULL, NULL, 0, 0, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cae7d-b580-7000-8000-000000000014', 'send', 1, 'acme', 'http', 'failed', '2026-03-02 12:20:00.776404+00', '2026-03-02 12:20:00.783404+00', 7, '\x0182a375726cba68747470733a2f2f6572702e6578616d706c652f6f7264657273a66d6574686f64a4504f5354', '\x0181a6737461747573cd01f7', NULL, '\x019185aa65787072657373696f6eb46f75747075742e737461747573203d3d20323030a6706173736564c2a46c656674cd01f7a26f70a23d3da57269676874ccc8', 44, 11, false, 'http_status', 'POST https://erp.example/orders answered 503', NULL, NULL, '{"body: cut",two}', '\x0181a6737461747573cd01f7'),
	('019cae7d-b580-7000-8000-000000000014', 'order', 1, 'acme', 'set', 'passed', '2026-03-02 12:19:59.776404+00', '2026-03-02 12:19:59.783404+00', 7, NULL, '\x0182a26964a3412d31a56c696e65739382a3736b75a178a16e0182a3736b75a179a16e0082a3736b75a17aa16e03', '\x0182a26964a3412d31a56c696e65739382a3736b75a178a16e0182a3736b75a179a16e0082a3736b75a17aa16e03', NULL, 0, 45, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cae7e-9fe0-7000-8000-000000000015', 'lines/1/push', 1, 'acme', 'http', 'running', '2026-03-02 12:21:04.675087+00', NULL, NULL, '\x0182a375726cba68747470733a2f2f6572702e6578616d706c652f6f7264657273a66d6574686f64a4504f5354', NULL, NULL, NULL, 44, 0, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cae7e-9fe0-7000-8000-000000000015', 'lines/0/push', 1, 'acme', 'http', 'passed', '2026-03-02 12:21:03.675087+00', '2026-03-02 12:21:03.682087+00', 7, NULL, '\x0182a26964a3412d31a56c696e65739382a3736b75a178a16e0182a3736b75a179a16e0082a3736b75a17aa16e03', NULL, NULL, 0, 45, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cae7e-9fe0-7000-8000-000000000015', 'lines', 1, 'acme', 'forEach', 'running', '2026-03-02 12:21:02.675087+00', NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, false, NULL, NULL, 3, NULL, '{}', NULL),
	('019cae7e-9fe0-7000-8000-000000000015', 'send', 2, 'acme', 'http', 'passed', '2026-03-02 12:21:01.675087+00', '2026-03-02 12:21:01.682087+00', 7, '\x0182a375726cba68747470733a2f2f6572702e6578616d706c652f6f7264657273a66d6574686f64a4504f5354', '\x0182a26964a3412d31a56c696e65739382a3736b75a178a16e0182a3736b75a179a16e0082a3736b75a17aa16e03', NULL, NULL, 0, 0, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cae7e-9fe0-7000-8000-000000000015', 'send', 1, 'acme', 'http', 'failed', '2026-03-02 12:21:00.675087+00', '2026-03-02 12:21:00.682087+00', 7, '\x0182a375726cba68747470733a2f2f6572702e6578616d706c652f6f7264657273a66d6574686f64a4504f5354', '\x0181a6737461747573cd01f7', NULL, '\x019185aa65787072657373696f6eb46f75747075742e737461747573203d3d20323030a6706173736564c2a46c656674cd01f7a26f70a23d3da57269676874ccc8', 44, 11, false, 'http_status', 'POST https://erp.example/orders answered 503', NULL, NULL, '{"body: cut",two}', '\x0181a6737461747573cd01f7'),
	('019cae7e-9fe0-7000-8000-000000000015', 'order', 1, 'acme', 'set', 'passed', '2026-03-02 12:20:59.675087+00', '2026-03-02 12:20:59.682087+00', 7, NULL, '\x0182a26964a3412d31a56c696e65739382a3736b75a178a16e0182a3736b75a179a16e0082a3736b75a17aa16e03', '\x0182a26964a3412d31a56c696e65739382a3736b75a178a16e0182a3736b75a179a16e0082a3736b75a17aa16e03', NULL, 0, 45, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cae7f-8a40-7000-8000-000000000016', 'lines/1/push', 1, 'acme', 'http', 'running', '2026-03-02 12:22:04.653237+00', NULL, NULL, '\x0182a375726cba68747470733a2f2f6572702e6578616d706c652f6f7264657273a66d6574686f64a4504f5354', NULL, NULL, NULL, 44, 0, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cae7f-8a40-7000-8000-000000000016', 'lines/0/push', 1, 'acme', 'http', 'passed', '2026-03-02 12:22:03.653237+00', '2026-03-02 12:22:03.660237+00', 7, NULL, '\x0182a26964a3412d31a56c696e65739382a3736b75a178a16e0182a3736b75a179a16e0082a3736b75a17aa16e03', NULL, NULL, 0, 45, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cae7f-8a40-7000-8000-000000000016', 'lines', 1, 'acme', 'forEach', 'running', '2026-03-02 12:22:02.653237+00', NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, false, NULL, NULL, 3, NULL, '{}', NULL),
	('019cae7f-8a40-7000-8000-000000000016', 'send', 2, 'acme', 'http', 'passed', '2026-03-02 12:22:01.653237+00', '2026-03-02 12:22:01.660237+00', 7, '\x0182a375726cba68747470733a2f2f6572702e6578616d706c652f6f7264657273a66d6574686f64a4504f5354', '\x0182a26964a3412d31a56c696e65739382a3736b75a178a16e0182a3736b75a179a16e0082a3736b75a17aa16e03', NULL, NULL, 0, 0, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cae7f-8a40-7000-8000-000000000016', 'send', 1, 'acme', 'http', 'failed', '2026-03-02 12:22:00.653237+00', '2026-03-02 12:22:00.660237+00', 7, '\x0182a375726cba68747470733a2f2f6572702e6578616d706c652f6f7264657273a66d6574686f64a4504f5354', '\x0181a6737461747573cd01f7', NULL, '\x019185aa65787072657373696f6eb46f75747075742e737461747573203d3d20323030a6706173736564c2a46c656674cd01f7a26f70a23d3da57269676874ccc8', 44, 11, false, 'http_status', 'POST https://erp.example/orders answered 503', NULL, NULL, '{"body: cut",two}', '\x0181a6737461747573cd01f7'),
	('019cae7f-8a40-7000-8000-000000000016', 'order', 1, 'acme', 'set', 'passed', '2026-03-02 12:21:59.653237+00', '2026-03-02 12:21:59.660237+00', 7, NULL, '\x0182a26964a3412d31a56c696e65739382a3736b75a178a16e0182a3736b75a179a16e0082a3736b75a17aa16e03', '\x0182a26964a3412d31a56c696e65739382a3736b75a178a16e0182a3736b75a179a16e0082a3736b75a17aa16e03', NULL, 0, 45, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cae86-dd40-7000-8000-00000000001e', 'told', 1, 'globex', 'set', 'passed', '2026-03-02 12:30:00.409635+00', '2026-03-02 12:30:00.409746+00', 0, '\x0181a576616c7565d97b31206f662033206974656d73206661696c65643b20746865206669727374206973206974656d20313a2073746570206c696e65732f312f707573683a20606974656d2e6e203e203060206973206e6f7420747275653a20746865206c656674207369646520697320302c2074686520726967687420736964652030', '\x01d97b31206f662033206974656d73206661696c65643b20746865206669727374206973206974656d20313a2073746570206c696e65732f312f707573683a20606974656d2e6e203e203060206973206e6f7420747275653a20746865206c656674207369646520697320302c2074686520726967687420736964652030', NULL, NULL, 132, 125, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cae86-dd40-7000-8000-00000000001e', 'lines', 1, 'globex', 'forEach', 'failed', '2026-03-02 12:30:00.356311+00', '2026-03-02 12:30:00.409592+00', 53, '\x0182a56974656d739382a3736b75a178a16e0182a3736b75a179a16e0082a3736b75a17aa16e03a8706172616c6c656c01', '\x01939185aa65787072657373696f6eaa6974656d2e6e203e2030a6706173736564c3a46c65667401a26f70a13ea5726967687400c09185aa65787072657373696f6eaa6974656d2e6e203e2030a6706173736564c3a46c65667403a26f70a13ea5726967687400', NULL, NULL, 48, 102, false, 'items_failed', '1 of 3 items failed; the first is item 1: step lines/1/push: `item.n > 0` is not true: the left side is 0, the right side 0', 3, 1, '{}', '\x0181a473746570ac6c696e65732f312f70757368'),
	('019cae86-dd40-7000-8000-00000000001e', 'lines/2/push', 1, 'globex', 'check', 'passed', '2026-03-02 12:30:00.409404+00', '2026-03-02 12:30:00.409547+00', 0, NULL, '\x019185aa65787072657373696f6eaa6974656d2e6e203e2030a6706173736564c3a46c65667403a26f70a13ea5726967687400', NULL, NULL, 0, 50, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cae86-dd40-7000-8000-00000000001e', 'lines/1/push', 1, 'globex', 'check', 'failed', '2026-03-02 12:30:00.40895+00', '2026-03-02 12:30:00.409284+00', 0, NULL, '\x019185aa65787072657373696f6eaa6974656d2e6e203e2030a6706173736564c2a46c65667400a26f70a13ea5726967687400', NULL, NULL, 0, 50, false, 'check_failed', '`item.n > 0` is not true: the left side is 0, the right side 0', NULL, NULL, '{}', '\x019185aa65787072657373696f6eaa6974656d2e6e203e2030a6706173736564c2a46c65667400a26f70a13ea5726967687400'),
	('019cae86-dd40-7000-8000-00000000001e', 'lines/0/push', 1, 'globex', 'check', 'passed', '2026-03-02 12:30:00.375576+00', '2026-03-02 12:30:00.406227+00', 31, NULL, '\x019185aa65787072657373696f6eaa6974656d2e6e203e2030a6706173736564c3a46c65667401a26f70a13ea5726967687400', NULL, NULL, 0, 50, false, NULL, NULL, NULL, NULL, '{}', NULL);

INSERT INTO public.step_results_p20260303 (execution_id, path, attempt, namespace, action, status, started_at, ended_at, duration_ms, input, output, extracted, assertions, input_size, output_size, truncated, error_code, error_message, items_total, items_failed, warnings, error_details) VALUES
	('019cb3b7-4b60-7000-8000-000000000029', 'silent', 1, 'acme', 'set', 'passed', '2026-03-03 12:41:01.352929+00', '2026-03-03 12:41:01.352944+00', 0, NULL, NULL, NULL, NULL, 0, 0, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cb3b7-4b60-7000-8000-000000000029', 'sized', 1, 'acme', 'set', 'passed', '2026-03-03 12:41:01.352856+00', '2026-03-03 12:41:01.352884+00', 0, NULL, NULL, NULL, NULL, 28, 21, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cb3b7-4b60-7000-8000-000000000029', 'pause', 1, 'acme', 'sleep', 'passed', '2026-03-03 12:41:01.345283+00', '2026-03-03 12:41:01.352755+00', 7, '\x0181a3666f72a3316d73', '\x0181a5756e74696cd920323032362d31312d32385431383a32343a34382e3030333337362b30303a3030', NULL, NULL, 9, 41, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cb3b7-4b60-7000-8000-000000000029', 'lines', 1, 'acme', 'forEach', 'passed', '2026-03-03 12:41:01.343351+00', '2026-03-03 12:41:01.345244+00', 2, '\x0182a56974656d739382a3736b75a178a16e0182a3736b75a179a16e0082a3736b75a17aa16e03a8706172616c6c656c01', '\x0193920102920102920102', NULL, NULL, 48, 10, false, NULL, NULL, 3, 0, '{}', NULL),
	('019cb3b7-4b60-7000-8000-000000000029', 'lines/2/parts', 1, 'acme', 'forEach', 'passed', '2026-03-03 12:41:01.344978+00', '2026-03-03 12:41:01.345208+00', 0, '\x0182a56974656d73920102a8706172616c6c656c01', '\x01920102', NULL, NULL, 20, 3, false, NULL, NULL, 2, 0, '{}', NULL),
	('019cb3b7-4b60-7000-8000-000000000029', 'lines/2/parts/1/part', 1, 'acme', 'set', 'passed', '2026-03-03 12:41:01.345143+00', '2026-03-03 12:41:01.345168+00', 0, '\x0181a576616c756502', '\x0102', NULL, NULL, 8, 1, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cb3b7-4b60-7000-8000-000000000029', 'lines/2/parts/0/part', 1, 'acme', 'set', 'passed', '2026-03-03 12:41:01.345039+00', '2026-03-03 12:41:01.345084+00', 0, '\x0181a576616c756501', '\x0101', NULL, NULL, 8, 1, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cb3b7-4b60-7000-8000-000000000029', 'lines/2/push', 1, 'acme', 'set', 'passed', '2026-03-03 12:41:01.344891+00', '2026-03-03 12:41:01.344938+00', 0, '\x0181a576616c756582a3736b75a17aa16e03', '\x0182a3736b75a17aa16e03', NULL, NULL, 17, 10, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cb3b7-4b60-7000-8000-000000000029', 'lines/1/parts', 1, 'acme', 'forEach', 'passed', '2026-03-03 12:41:01.344525+00', '2026-03-03 12:41:01.344841+00', 0, '\x0182a56974656d73920102a8706172616c6c656c01', '\x01920102', NULL, NULL, 20, 3, false, NULL, NULL, 2, 0, '{}', NULL),
	('019cb3b7-4b60-7000-8000-000000000029', 'lines/1/parts/1/part', 1, 'acme', 'set', 'passed', '2026-03-03 12:41:01.344771+00', '2026-03-03 12:41:01.344798+00', 0, '\x0181a576616c756502', '\x0102', NULL, NULL, 8, 1, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cb3b7-4b60-7000-8000-000000000029', 'lines/1/parts/0/part', 1, 'acme', 'set', 'passed', '2026-03-03 12:41:01.344672+00', '2026-03-03 12:41:01.344709+00', 0, '\x0181a576616c756501', '\x0101', NULL, NULL, 8, 1, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cb3b7-4b60-7000-8000-000000000029', 'lines/1/push', 1, 'acme', 'set', 'passed', '2026-03-03 12:41:01.344428+00', '2026-03-03 12:41:01.344485+00', 0, '\x0181a576616c756582a3736b75a179a16e00', '\x0182a3736b75a179a16e00', NULL, NULL, 17, 10, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cb3b7-4b60-7000-8000-000000000029', 'lines/0/parts', 1, 'acme', 'forEach', 'passed', '2026-03-03 12:41:01.344031+00', '2026-03-03 12:41:01.344373+00', 0, '\x0182a56974656d73920102a8706172616c6c656c01', '\x01920102', NULL, NULL, 20, 3, false, NULL, NULL, 2, 0, '{}', NULL),
	('019cb3b7-4b60-7000-8000-000000000029', 'lines/0/parts/1/part', 1, 'acme', 'set', 'passed', '2026-03-03 12:41:01.344287+00', '2026-03-03 12:41:01.344323+00', 0, '\x0181a576616c756502', '\x0102', NULL, NULL, 8, 1, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cb3b7-4b60-7000-8000-000000000029', 'lines/0/parts/0/part', 1, 'acme', 'set', 'passed', '2026-03-03 12:41:01.344111+00', '2026-03-03 12:41:01.344201+00', 0, '\x0181a576616c756501', '\x0101', NULL, NULL, 8, 1, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cb3b7-4b60-7000-8000-000000000029', 'lines/0/push', 1, 'acme', 'set', 'passed', '2026-03-03 12:41:01.343721+00', '2026-03-03 12:41:01.343944+00', 0, '\x0181a576616c756582a3736b75a178a16e01', '\x0182a3736b75a178a16e01', NULL, NULL, 17, 10, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cb3b7-4b60-7000-8000-000000000029', 'route', 1, 'acme', 'branch', 'passed', '2026-03-03 12:41:01.338694+00', '2026-03-03 12:41:01.34329+00', 5, '\x0181a46361736500', '\x01a56669727374', NULL, NULL, 7, 6, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cb3b7-4b60-7000-8000-000000000029', 'route/0/inside', 1, 'acme', 'set', 'passed', '2026-03-03 12:41:01.343088+00', '2026-03-03 12:41:01.343139+00', 0, '\x0181a576616c7565a56669727374', '\x01a56669727374', NULL, NULL, 13, 6, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cb3b7-4b60-7000-8000-000000000029', 'rush', 1, 'acme', 'set', 'skipped', '2026-03-03 12:41:01.338544+00', '2026-03-03 12:41:01.338574+00', 0, NULL, NULL, NULL, NULL, 0, 0, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cb3b7-4b60-7000-8000-000000000029', 'price', 1, 'acme', 'python', 'passed', '2026-03-03 12:41:01.188968+00', '2026-03-03 12:41:01.327852+00', 139, '\x0181a5696e70757481a56f7264657282a26964a3412d31a56c696e65739382a3736b75a178a16e0182a3736b75a179a16e0082a3736b75a17aa16e03', '\x0228b52ffd60501c950f00369c4f2e7069920efc6f6808d7c37b77e315eeb72020918cf811f41b4ded6a4ec32fa59452ca440666880fd2476b488bdf7e5e003c0039008a8364c251049c85792c6050f1c000a30285b3308e05040e021e258249241e95d6d0781a2c4be37094098b080de4a188481a472300d2008081b1e040c149188b02551055103705af87ab077d9d31e069928aba03370479249266691e1002ddddddcdccccccccbcbbbbbbbbabaaaaaaaa9a9999999989888888887877777777f7ffffff1b3264c8902143860c2143cdab897753245c4cb86012a4ddddddddccccccccccbbbbbbbbbbaaaaaaaaaa999999999988888888887777777777ffffffbf99999959b254a952a54a952a55aa54a92c7577ddddddddddccccccccccbbbbbbbbbbaaaaaaaaaa999999999988888888887777777777ffffffbf9999999959bd5eafd7ebf57abdde1d8145a821e8eb53af0ea10749b51c11300c8208883022248a080de90739b7b2b5b1958dcdccac6a665636b5b24c7e8fc7e3f178783cd8ae6e6a65634b4b1b9b5a59d5ccccaa0bf6ab8675cbfbdb87fc830fc38f3d8c1f7a183ff230fcc0c3f87187f1c30ee38f3a8c1f960e035e00004000000204008000000020000000080000000400987968569e3dc4070ff0e1e13d3cb8070fede1813d3cb0ebe1433d00ac14a59452f6425f85bfbe9499809a047e15', NULL, NULL, 59, 7504, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cb3b7-4b60-7000-8000-000000000029', 'valid', 1, 'acme', 'check', 'passed', '2026-03-03 12:41:01.113613+00', '2026-03-03 12:41:01.188738+00', 75, NULL, '\x019185aa65787072657373696f6ebd73697a6528636f6e6669672e6f726465722e6c696e657329203d3d2033a6706173736564c3a46c65667403a26f70a23d3da5726967687403', NULL, '\x019185aa65787072657373696f6eb26f75747075742e73697a652829203d3d2031a6706173736564c3a46c65667401a26f70a23d3da5726967687401', 0, 70, false, NULL, NULL, NULL, NULL, '{}', NULL),
	('019cb3b7-4b60-7000-8000-000000000029', 'order', 1, 'acme', 'set', 'passed', '2026-03-03 12:41:00.899194+00', '2026-03-03 12:41:01.113319+00', 214, '\x0181a576616c756582a26964a3412d31a56c696e65739382a3736b75a178a16e0182a3736b75a179a16e0082a3736b75a17aa16e03', '\x0182a26964a3412d31a56c696e65739382a3736b75a178a16e0182a3736b75a179a16e0082a3736b75a17aa16e03', '\x0181a56c696e657393a178a179a17a', NULL, 52, 45, false, NULL, NULL, NULL, NULL, '{}', NULL);

INSERT INTO public.tenants (role, namespace) VALUES
	('recorded_822b33ad87c148a0', 'acme'),
	('recorded_5bc1a08d28e40fe7', 'globex');

SELECT pg_catalog.setval('public.ended_executions_mark_seq', 16, true);

ALTER TABLE ONLY public.ended_executions
    ADD CONSTRAINT ended_executions_pkey PRIMARY KEY (mark);

ALTER TABLE ONLY public.execution_logs
    ADD CONSTRAINT execution_logs_pkey PRIMARY KEY (execution_id, epoch, sequence);

ALTER TABLE ONLY public.execution_logs_default
    ADD CONSTRAINT execution_logs_default_pkey PRIMARY KEY (execution_id, epoch, sequence);

ALTER TABLE ONLY public.execution_logs_p20260301
    ADD CONSTRAINT execution_logs_p20260301_pkey PRIMARY KEY (execution_id, epoch, sequence);

ALTER TABLE ONLY public.execution_logs_p20260302
    ADD CONSTRAINT execution_logs_p20260302_pkey PRIMARY KEY (execution_id, epoch, sequence);

ALTER TABLE ONLY public.execution_logs_p20260303
    ADD CONSTRAINT execution_logs_p20260303_pkey PRIMARY KEY (execution_id, epoch, sequence);

ALTER TABLE ONLY public.execution_payloads
    ADD CONSTRAINT execution_payloads_pkey PRIMARY KEY (execution_id);

ALTER TABLE ONLY public.execution_payloads_default
    ADD CONSTRAINT execution_payloads_default_pkey PRIMARY KEY (execution_id);

ALTER TABLE ONLY public.execution_payloads_p20260301
    ADD CONSTRAINT execution_payloads_p20260301_pkey PRIMARY KEY (execution_id);

ALTER TABLE ONLY public.execution_payloads_p20260302
    ADD CONSTRAINT execution_payloads_p20260302_pkey PRIMARY KEY (execution_id);

ALTER TABLE ONLY public.execution_payloads_p20260303
    ADD CONSTRAINT execution_payloads_p20260303_pkey PRIMARY KEY (execution_id);

ALTER TABLE ONLY public.executions
    ADD CONSTRAINT executions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.executions_default
    ADD CONSTRAINT executions_default_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.executions_p20260301
    ADD CONSTRAINT executions_p20260301_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.executions_p20260302
    ADD CONSTRAINT executions_p20260302_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.executions_p20260303
    ADD CONSTRAINT executions_p20260303_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.flow_definitions
    ADD CONSTRAINT flow_definitions_pkey PRIMARY KEY (namespace, hash);

ALTER TABLE ONLY public.flow_slots
    ADD CONSTRAINT flow_slots_pkey PRIMARY KEY (namespace, flow_uid);

ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_pkey PRIMARY KEY (namespace, flow_uid, kind, key_sha256);

ALTER TABLE ONLY public.instances
    ADD CONSTRAINT instances_pkey PRIMARY KEY (uid);

ALTER TABLE ONLY public.live_executions
    ADD CONSTRAINT live_executions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.pauses
    ADD CONSTRAINT pauses_pkey PRIMARY KEY (namespace, flow_uid, since);

ALTER TABLE ONLY public.schema_migrations
    ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.step_results
    ADD CONSTRAINT step_results_pkey PRIMARY KEY (execution_id, path, attempt);

ALTER TABLE ONLY public.step_results_default
    ADD CONSTRAINT step_results_default_pkey PRIMARY KEY (execution_id, path, attempt);

ALTER TABLE ONLY public.step_results_p20260301
    ADD CONSTRAINT step_results_p20260301_pkey PRIMARY KEY (execution_id, path, attempt);

ALTER TABLE ONLY public.step_results_p20260302
    ADD CONSTRAINT step_results_p20260302_pkey PRIMARY KEY (execution_id, path, attempt);

ALTER TABLE ONLY public.step_results_p20260303
    ADD CONSTRAINT step_results_p20260303_pkey PRIMARY KEY (execution_id, path, attempt);

ALTER TABLE ONLY public.tenants
    ADD CONSTRAINT tenants_namespace_key UNIQUE (namespace);

ALTER TABLE ONLY public.tenants
    ADD CONSTRAINT tenants_pkey PRIMARY KEY (role);

CREATE INDEX executions_customer ON ONLY public.executions USING btree (customer_id, id) WHERE (customer_id IS NOT NULL);

CREATE INDEX executions_default_customer_id_id_idx ON public.executions_default USING btree (customer_id, id) WHERE (customer_id IS NOT NULL);

CREATE INDEX executions_namespace ON ONLY public.executions USING btree (namespace, id);

CREATE INDEX executions_default_namespace_id_idx ON public.executions_default USING btree (namespace, id);

CREATE INDEX executions_unsuccessful ON ONLY public.executions USING btree (namespace, id) WHERE (error_code IS NOT NULL);

CREATE INDEX executions_default_namespace_id_idx1 ON public.executions_default USING btree (namespace, id) WHERE (error_code IS NOT NULL);

CREATE INDEX executions_instance ON ONLY public.executions USING btree (namespace, instance, id);

CREATE INDEX executions_default_namespace_instance_id_idx ON public.executions_default USING btree (namespace, instance, id);

CREATE INDEX executions_p20260301_customer_id_id_idx ON public.executions_p20260301 USING btree (customer_id, id) WHERE (customer_id IS NOT NULL);

CREATE INDEX executions_p20260301_namespace_id_idx ON public.executions_p20260301 USING btree (namespace, id);

CREATE INDEX executions_p20260301_namespace_id_idx1 ON public.executions_p20260301 USING btree (namespace, id) WHERE (error_code IS NOT NULL);

CREATE INDEX executions_p20260301_namespace_instance_id_idx ON public.executions_p20260301 USING btree (namespace, instance, id);

CREATE INDEX executions_p20260302_customer_id_id_idx ON public.executions_p20260302 USING btree (customer_id, id) WHERE (customer_id IS NOT NULL);

CREATE INDEX executions_p20260302_namespace_id_idx ON public.executions_p20260302 USING btree (namespace, id);

CREATE INDEX executions_p20260302_namespace_id_idx1 ON public.executions_p20260302 USING btree (namespace, id) WHERE (error_code IS NOT NULL);

CREATE INDEX executions_p20260302_namespace_instance_id_idx ON public.executions_p20260302 USING btree (namespace, instance, id);

CREATE INDEX executions_p20260303_customer_id_id_idx ON public.executions_p20260303 USING btree (customer_id, id) WHERE (customer_id IS NOT NULL);

CREATE INDEX executions_p20260303_namespace_id_idx ON public.executions_p20260303 USING btree (namespace, id);

CREATE INDEX executions_p20260303_namespace_id_idx1 ON public.executions_p20260303 USING btree (namespace, id) WHERE (error_code IS NOT NULL);

CREATE INDEX executions_p20260303_namespace_instance_id_idx ON public.executions_p20260303 USING btree (namespace, instance, id);

CREATE INDEX idempotency_keys_expiry ON public.idempotency_keys USING btree (expires_at);

CREATE INDEX instances_name ON public.instances USING btree (namespace, name);

CREATE INDEX live_executions_flow ON public.live_executions USING btree (namespace, flow_uid, state, id);

CREATE INDEX live_executions_state ON public.live_executions USING btree (state, id);

ALTER INDEX public.execution_logs_pkey ATTACH PARTITION public.execution_logs_default_pkey;

ALTER INDEX public.execution_logs_pkey ATTACH PARTITION public.execution_logs_p20260301_pkey;

ALTER INDEX public.execution_logs_pkey ATTACH PARTITION public.execution_logs_p20260302_pkey;

ALTER INDEX public.execution_logs_pkey ATTACH PARTITION public.execution_logs_p20260303_pkey;

ALTER INDEX public.execution_payloads_pkey ATTACH PARTITION public.execution_payloads_default_pkey;

ALTER INDEX public.execution_payloads_pkey ATTACH PARTITION public.execution_payloads_p20260301_pkey;

ALTER INDEX public.execution_payloads_pkey ATTACH PARTITION public.execution_payloads_p20260302_pkey;

ALTER INDEX public.execution_payloads_pkey ATTACH PARTITION public.execution_payloads_p20260303_pkey;

ALTER INDEX public.executions_customer ATTACH PARTITION public.executions_default_customer_id_id_idx;

ALTER INDEX public.executions_namespace ATTACH PARTITION public.executions_default_namespace_id_idx;

ALTER INDEX public.executions_unsuccessful ATTACH PARTITION public.executions_default_namespace_id_idx1;

ALTER INDEX public.executions_instance ATTACH PARTITION public.executions_default_namespace_instance_id_idx;

ALTER INDEX public.executions_pkey ATTACH PARTITION public.executions_default_pkey;

ALTER INDEX public.executions_customer ATTACH PARTITION public.executions_p20260301_customer_id_id_idx;

ALTER INDEX public.executions_namespace ATTACH PARTITION public.executions_p20260301_namespace_id_idx;

ALTER INDEX public.executions_unsuccessful ATTACH PARTITION public.executions_p20260301_namespace_id_idx1;

ALTER INDEX public.executions_instance ATTACH PARTITION public.executions_p20260301_namespace_instance_id_idx;

ALTER INDEX public.executions_pkey ATTACH PARTITION public.executions_p20260301_pkey;

ALTER INDEX public.executions_customer ATTACH PARTITION public.executions_p20260302_customer_id_id_idx;

ALTER INDEX public.executions_namespace ATTACH PARTITION public.executions_p20260302_namespace_id_idx;

ALTER INDEX public.executions_unsuccessful ATTACH PARTITION public.executions_p20260302_namespace_id_idx1;

ALTER INDEX public.executions_instance ATTACH PARTITION public.executions_p20260302_namespace_instance_id_idx;

ALTER INDEX public.executions_pkey ATTACH PARTITION public.executions_p20260302_pkey;

ALTER INDEX public.executions_customer ATTACH PARTITION public.executions_p20260303_customer_id_id_idx;

ALTER INDEX public.executions_namespace ATTACH PARTITION public.executions_p20260303_namespace_id_idx;

ALTER INDEX public.executions_unsuccessful ATTACH PARTITION public.executions_p20260303_namespace_id_idx1;

ALTER INDEX public.executions_instance ATTACH PARTITION public.executions_p20260303_namespace_instance_id_idx;

ALTER INDEX public.executions_pkey ATTACH PARTITION public.executions_p20260303_pkey;

ALTER INDEX public.step_results_pkey ATTACH PARTITION public.step_results_default_pkey;

ALTER INDEX public.step_results_pkey ATTACH PARTITION public.step_results_p20260301_pkey;

ALTER INDEX public.step_results_pkey ATTACH PARTITION public.step_results_p20260302_pkey;

ALTER INDEX public.step_results_pkey ATTACH PARTITION public.step_results_p20260303_pkey;

CREATE TRIGGER execution_born_ended AFTER INSERT ON public.executions FOR EACH ROW WHEN ((new.ended_at IS NOT NULL)) EXECUTE FUNCTION public.execution_ended();

CREATE TRIGGER execution_ended AFTER UPDATE OF state ON public.executions FOR EACH ROW WHEN (((old.ended_at IS NULL) AND (new.ended_at IS NOT NULL))) EXECUTE FUNCTION public.execution_ended();

ALTER TABLE public.ended_executions ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.execution_logs ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.execution_logs_default ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.execution_logs_p20260301 ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.execution_logs_p20260302 ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.execution_logs_p20260303 ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.execution_payloads ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.execution_payloads_default ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.execution_payloads_p20260301 ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.execution_payloads_p20260302 ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.execution_payloads_p20260303 ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.executions ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.executions_default ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.executions_p20260301 ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.executions_p20260302 ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.executions_p20260303 ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.flow_definitions ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.flow_slots ENABLE ROW LEVEL SECURITY;

CREATE POLICY gateway ON public.execution_logs TO recorded_gateway USING (true) WITH CHECK (true);

CREATE POLICY gateway ON public.execution_payloads TO recorded_gateway USING (true) WITH CHECK (true);

CREATE POLICY gateway ON public.executions TO recorded_gateway USING (true) WITH CHECK (true);

CREATE POLICY gateway ON public.flow_definitions TO recorded_gateway USING (true) WITH CHECK (true);

CREATE POLICY gateway ON public.flow_slots TO recorded_gateway USING (true) WITH CHECK (true);

CREATE POLICY gateway ON public.idempotency_keys TO recorded_gateway USING (true) WITH CHECK (true);

CREATE POLICY gateway ON public.instances TO recorded_gateway USING (true) WITH CHECK (true);

CREATE POLICY gateway ON public.live_executions TO recorded_gateway USING (true) WITH CHECK (true);

CREATE POLICY gateway ON public.step_results TO recorded_gateway USING (true) WITH CHECK (true);

ALTER TABLE public.idempotency_keys ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.instances ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.live_executions ENABLE ROW LEVEL SECURITY;

CREATE POLICY own ON public.tenants FOR SELECT USING ((role = CURRENT_USER));

ALTER TABLE public.pauses ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.step_results ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.step_results_default ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.step_results_p20260301 ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.step_results_p20260302 ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.step_results_p20260303 ENABLE ROW LEVEL SECURITY;

CREATE POLICY tenant ON public.execution_logs USING ((namespace = ( SELECT public.tenant() AS tenant))) WITH CHECK ((namespace = ( SELECT public.tenant() AS tenant)));

CREATE POLICY tenant ON public.execution_payloads USING ((namespace = ( SELECT public.tenant() AS tenant))) WITH CHECK ((namespace = ( SELECT public.tenant() AS tenant)));

CREATE POLICY tenant ON public.flow_definitions FOR SELECT USING ((namespace = ( SELECT public.tenant() AS tenant)));

CREATE POLICY tenant ON public.flow_slots USING ((namespace = ( SELECT public.tenant() AS tenant))) WITH CHECK ((namespace = ( SELECT public.tenant() AS tenant)));

CREATE POLICY tenant ON public.idempotency_keys USING ((namespace = ( SELECT public.tenant() AS tenant))) WITH CHECK ((namespace = ( SELECT public.tenant() AS tenant)));

CREATE POLICY tenant ON public.live_executions USING ((namespace = ( SELECT public.tenant() AS tenant))) WITH CHECK (((namespace = ( SELECT public.tenant() AS tenant)) AND ((lease_until IS NULL) OR (lease_until < (now() + '00:01:00'::interval))) AND (state_since < (now() + '00:01:00'::interval)) AND ((replaced_at IS NULL) OR (replaced_at < (now() + '00:01:00'::interval)))));

CREATE POLICY tenant ON public.pauses FOR SELECT USING ((namespace = ( SELECT public.tenant() AS tenant)));

CREATE POLICY tenant_accepts ON public.executions FOR INSERT WITH CHECK ((namespace = ( SELECT public.tenant() AS tenant)));

CREATE POLICY tenant_ends ON public.step_results FOR UPDATE USING (((namespace = ( SELECT public.tenant() AS tenant)) AND (execution_id IN ( SELECT live_executions.id
   FROM public.live_executions
  WHERE (live_executions.state = 'running'::text))))) WITH CHECK ((namespace = ( SELECT public.tenant() AS tenant)));

CREATE POLICY tenant_reads ON public.executions FOR SELECT USING ((namespace = ( SELECT public.tenant() AS tenant)));

CREATE POLICY tenant_reads ON public.step_results FOR SELECT USING ((namespace = ( SELECT public.tenant() AS tenant)));

CREATE POLICY tenant_records ON public.step_results FOR INSERT WITH CHECK (((namespace = ( SELECT public.tenant() AS tenant)) AND (execution_id IN ( SELECT live_executions.id
   FROM public.live_executions
  WHERE (live_executions.state = 'running'::text)))));

CREATE POLICY tenant_runs ON public.executions FOR UPDATE USING (((namespace = ( SELECT public.tenant() AS tenant)) AND (state = ANY (ARRAY['queued'::text, 'running'::text])))) WITH CHECK ((namespace = ( SELECT public.tenant() AS tenant)));

ALTER TABLE public.tenants ENABLE ROW LEVEL SECURITY;

REVOKE ALL ON FUNCTION public.execution_ended() FROM PUBLIC;

GRANT SELECT ON TABLE public.tenants TO recorded_runners;

GRANT SELECT,INSERT ON TABLE public.execution_logs TO recorded_runners;
GRANT SELECT ON TABLE public.execution_logs TO recorded_gateway;

GRANT SELECT,INSERT ON TABLE public.execution_payloads TO recorded_runners;
GRANT SELECT,INSERT ON TABLE public.execution_payloads TO recorded_gateway;

GRANT SELECT,INSERT ON TABLE public.executions TO recorded_runners;
GRANT SELECT,INSERT ON TABLE public.executions TO recorded_gateway;

GRANT UPDATE(state) ON TABLE public.executions TO recorded_runners;

GRANT UPDATE(started_at) ON TABLE public.executions TO recorded_runners;

GRANT UPDATE(ended_at) ON TABLE public.executions TO recorded_runners;

GRANT UPDATE(duration_ms) ON TABLE public.executions TO recorded_runners;

GRANT UPDATE(error_code) ON TABLE public.executions TO recorded_runners;

GRANT UPDATE(error_message) ON TABLE public.executions TO recorded_runners;

GRANT UPDATE(failed_step) ON TABLE public.executions TO recorded_runners;

GRANT UPDATE(steps_total) ON TABLE public.executions TO recorded_runners;

GRANT UPDATE(steps_failed) ON TABLE public.executions TO recorded_runners;

GRANT UPDATE(warnings) ON TABLE public.executions TO recorded_runners;

GRANT SELECT ON TABLE public.flow_definitions TO recorded_runners;
GRANT SELECT,INSERT ON TABLE public.flow_definitions TO recorded_gateway;

GRANT SELECT,INSERT ON TABLE public.flow_slots TO recorded_runners;
GRANT SELECT,INSERT ON TABLE public.flow_slots TO recorded_gateway;

GRANT UPDATE(locked) ON TABLE public.flow_slots TO recorded_runners;
GRANT UPDATE(locked) ON TABLE public.flow_slots TO recorded_gateway;

GRANT SELECT,INSERT ON TABLE public.idempotency_keys TO recorded_runners;
GRANT SELECT,INSERT ON TABLE public.idempotency_keys TO recorded_gateway;

GRANT UPDATE(execution_id) ON TABLE public.idempotency_keys TO recorded_runners;
GRANT UPDATE(execution_id) ON TABLE public.idempotency_keys TO recorded_gateway;

GRANT UPDATE(body_sha256) ON TABLE public.idempotency_keys TO recorded_gateway;

GRANT UPDATE(expires_at) ON TABLE public.idempotency_keys TO recorded_gateway;

GRANT SELECT ON TABLE public.instances TO recorded_gateway;

GRANT SELECT,INSERT ON TABLE public.live_executions TO recorded_runners;
GRANT SELECT,INSERT ON TABLE public.live_executions TO recorded_gateway;

GRANT UPDATE(state) ON TABLE public.live_executions TO recorded_runners;
GRANT UPDATE(state) ON TABLE public.live_executions TO recorded_gateway;

GRANT UPDATE(state_since) ON TABLE public.live_executions TO recorded_runners;
GRANT UPDATE(state_since) ON TABLE public.live_executions TO recorded_gateway;

GRANT UPDATE(epoch) ON TABLE public.live_executions TO recorded_runners;

GRANT UPDATE(holder) ON TABLE public.live_executions TO recorded_runners;

GRANT UPDATE(lease_until) ON TABLE public.live_executions TO recorded_runners;

GRANT SELECT ON TABLE public.pauses TO recorded_runners;

GRANT SELECT,INSERT ON TABLE public.step_results TO recorded_runners;
GRANT SELECT ON TABLE public.step_results TO recorded_gateway;

GRANT UPDATE(status) ON TABLE public.step_results TO recorded_runners;

GRANT UPDATE(ended_at) ON TABLE public.step_results TO recorded_runners;

GRANT UPDATE(duration_ms) ON TABLE public.step_results TO recorded_runners;

GRANT UPDATE(input) ON TABLE public.step_results TO recorded_runners;

GRANT UPDATE(output) ON TABLE public.step_results TO recorded_runners;

GRANT UPDATE(extracted) ON TABLE public.step_results TO recorded_runners;

GRANT UPDATE(assertions) ON TABLE public.step_results TO recorded_runners;

GRANT UPDATE(input_size) ON TABLE public.step_results TO recorded_runners;

GRANT UPDATE(output_size) ON TABLE public.step_results TO recorded_runners;

GRANT UPDATE(truncated) ON TABLE public.step_results TO recorded_runners;

GRANT UPDATE(error_code) ON TABLE public.step_results TO recorded_runners;

GRANT UPDATE(error_message) ON TABLE public.step_results TO recorded_runners;

GRANT UPDATE(items_total) ON TABLE public.step_results TO recorded_runners;

GRANT UPDATE(items_failed) ON TABLE public.step_results TO recorded_runners;

GRANT UPDATE(warnings) ON TABLE public.step_results TO recorded_runners;

GRANT UPDATE(error_details) ON TABLE public.step_results TO recorded_runners;
