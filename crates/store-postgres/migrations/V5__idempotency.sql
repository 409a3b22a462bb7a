-- What each idempotency key was used for, and what it answered.
create table idempotency (
    account_id    text collate "C" not null,
    user_id       text collate "C" not null,
    key           text collate "C" not null,
    fingerprint   bytea,
    method        text collate "C" not null,
    path          text not null,
    state         text collate "C" not null,
    answer_format bigint,
    status        bigint,
    content_type  text,
    location      text,
    body          bytea,
    resource_id   text collate "C",
    first_seen_at bigint not null,
    last_seen_at  bigint not null,
    attempts      bigint not null,
    keep_until    bigint,
    -- One key, one record: this is what makes a retry safe.
    primary key (account_id, user_id, key)
);

create index idempotency_resource on idempotency (account_id, resource_id)
    where resource_id is not null;
create index idempotency_keep on idempotency (keep_until, account_id, user_id, key)
    where keep_until is not null;
