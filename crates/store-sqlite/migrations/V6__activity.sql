-- What happened, in order and without gaps, and where each account's feed ends.
create table activity (
    account_id     text not null,
    position       integer not null,
    id             text not null,
    type           text not null,
    resource_id    text not null,
    resource_seq   integer not null,
    at             integer not null,
    actor          text not null,
    request_id     text not null,
    correlation_id text,
    before         text not null,
    after          text not null,
    data           text not null,
    schema_version integer not null,
    primary key (account_id, position),
    unique (account_id, resource_id, resource_seq)
) strict;

create index activity_type on activity (account_id, type, position);

create table feeds (
    account_id text not null primary key,
    position   integer not null
) strict, without rowid;
