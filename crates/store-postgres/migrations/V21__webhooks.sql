-- Where events are sent, up to where each endpoint was told of the feed, and what became of each delivery.
create table webhook_endpoints (
    account_id           text collate "C" not null,
    id                   text collate "C" not null,
    url                  text not null,
    event_types          text not null,
    description          text,
    status               text collate "C" not null,
    disabled_reason      text,
    secret_generation    bigint not null,
    secret_derived_from  bigint not null,
    rotated_generation   bigint,
    rotated_derived_from bigint,
    rotated_until        bigint,
    failing_since        bigint,
    created_at           bigint not null,
    seq                  bigint not null,
    primary key (account_id, id)
);

create table webhook_cursors (
    account_id     text collate "C" not null,
    endpoint_id    text collate "C" not null,
    position       bigint not null,
    replay         bigint not null,
    replayed_until bigint not null,
    version        bigint not null,
    primary key (account_id, endpoint_id)
);

create table endpoint_counts (
    account_id text collate "C" not null primary key,
    endpoints  bigint not null
);

create table deliveries (
    account_id         text collate "C" not null,
    id                 text collate "C" not null,
    endpoint_id        text collate "C" not null,
    position           bigint not null,
    event_id           text collate "C" not null,
    event_type         text not null,
    resource_id        text collate "C" not null,
    resource_seq       bigint not null,
    replay             bigint not null,
    is_replayed        boolean not null,
    status             text collate "C" not null,
    attempts           bigint not null,
    scheduled_attempts bigint not null,
    due_at             bigint,
    created_at         bigint not null,
    ended_at           bigint,
    primary key (account_id, id)
);

-- An event has one delivery to an endpoint, and one more with each replay. With the endpoint first there is no other
-- way to what is asked for by account and id.
create unique index deliveries_by_endpoint on deliveries (endpoint_id, account_id, replay, position);

-- What is still to be delivered.
create index deliveries_pending on deliveries (endpoint_id, account_id, position) where status = 'pending';

create index deliveries_newest on deliveries (endpoint_id, account_id, id);

create index deliveries_by_event on deliveries (position, account_id, endpoint_id, replay);

create table delivery_attempts (
    account_id      text collate "C" not null,
    delivery_id     text collate "C" not null,
    number          bigint not null,
    at              bigint not null,
    millis          bigint not null,
    response_status bigint,
    fault           text,
    body            bytea not null,
    primary key (account_id, delivery_id, number)
);

update store_meta set value = '21' where key = 'min_writer_version';
