-- How many webhooks of an instance were refused, by cause: the gateway counts, the operator tells the owner and begins anew.
-- Senders are anybody, so nothing of what they send is kept, and there are no more rows than instances times causes.
create table refusals (
    instance_uid text not null references instances (uid) on delete cascade,
    cause text not null check (
        cause in ('no_such_flow', 'no_credential', 'key_unknown', 'signature_wrong', 'signature_out_of_time')
    ),
    count bigint not null check (count >= 0),
    since timestamptz not null default now(),
    told_at timestamptz,
    primary key (instance_uid, cause)
);
create index refusals_untold on refusals (told_at nulls first) where count > 0;
comment on table refusals is 'Refused webhooks since `since` that no Event has told of yet.';
alter table refusals enable row level security;
