-- A namespace that is deleted and made again is another tenant: its role is another, and the former one goes for good.

-- For a while after an upgrade two roles serve a namespace: the one of now, and that of the release before with `retires_at`.
alter table tenants drop constraint tenants_namespace_key;
alter table tenants add column namespace_uid text, add column retires_at timestamptz;
create unique index tenants_namespace_key on tenants (namespace) where retires_at is null;
comment on column tenants.namespace_uid is 'Null: made by a release that did not tell a namespace from its namesake.';

-- Written where a role is untied, in one transaction, so that only roles which this database tied are ever removed.
create table retired_roles (
    role name primary key,
    since timestamptz not null default now(),
    tried_at timestamptz
);
comment on table retired_roles is 'Roles that serve no namespace any more and are still to be removed; the operator''s alone.';
alter table retired_roles enable row level security;
