-- What each idempotency key was used for, and what it answered.
create table idempotency (
    account_id    text not null,
    user_id       text not null,
    key           text not null,
    fingerprint   blob,
    method        text not null,
    path          text not null,
    state         text not null,
    answer_format integer,
    status        integer,
    content_type  text,
    location      text,
    body          blob,
    resource_id   text,
    first_seen_at integer not null,
    last_seen_at  integer not null,
    attempts      integer not null,
    keep_until    integer,
    -- One key, one record: this is what makes a retry safe.
    primary key (account_id, user_id, key)
) strict;

create index idempotency_resource on idempotency (account_id, resource_id)
    where resource_id is not null;
create index idempotency_keep on idempotency (keep_until, account_id, user_id, key)
    where keep_until is not null;
