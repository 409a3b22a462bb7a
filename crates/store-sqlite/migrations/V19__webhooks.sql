-- Where events are sent, up to where each endpoint was told of the feed, and what became of each delivery.
create table webhook_endpoints (
    account_id           text not null,
    id                   text not null,
    url                  text not null,
    event_types          text not null,
    description          text,
    status               text not null,
    disabled_reason      text,
    secret_generation    integer not null,
    secret_derived_from  integer not null,
    rotated_generation   integer,
    rotated_derived_from integer,
    rotated_until        integer,
    failing_since        integer,
    created_at           integer not null,
    seq                  integer not null,
    primary key (account_id, id)
) strict;

create table webhook_cursors (
    account_id     text not null,
    endpoint_id    text not null,
    position       integer not null,
    replay         integer not null,
    replayed_until integer not null,
    version        integer not null,
    primary key (account_id, endpoint_id)
) strict, without rowid;

create table endpoint_counts (
    account_id text not null primary key,
    endpoints  integer not null
) strict, without rowid;

create table deliveries (
    account_id         text not null,
    id                 text not null,
    endpoint_id        text not null,
    position           integer not null,
    event_id           text not null,
    event_type         text not null,
    resource_id        text not null,
    resource_seq       integer not null,
    replay             integer not null,
    is_replayed        integer not null,
    status             text not null,
    attempts           integer not null,
    scheduled_attempts integer not null,
    due_at             integer,
    created_at         integer not null,
    ended_at           integer,
    primary key (account_id, id)
) strict;

-- An event has one delivery to an endpoint, and one more with each replay. With the endpoint first there is no other
-- way to what is asked for by account and id.
create unique index deliveries_by_endpoint on deliveries (endpoint_id, account_id, replay, position);

-- What is still to be delivered.
create index deliveries_pending on deliveries (endpoint_id, account_id, position) where status = 'pending';

create index deliveries_newest on deliveries (endpoint_id, account_id, id);

create index deliveries_by_event on deliveries (position, account_id, endpoint_id, replay);

create table delivery_attempts (
    account_id      text not null,
    delivery_id     text not null,
    number          integer not null,
    at              integer not null,
    millis          integer not null,
    response_status integer,
    fault           text,
    body            blob not null,
    primary key (account_id, delivery_id, number)
) strict, without rowid;

update store_meta set value = '19' where key = 'min_writer_version';
