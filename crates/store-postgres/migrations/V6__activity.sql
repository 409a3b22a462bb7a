-- What happened, in order and without gaps, and where each account's feed ends.
create table activity (
    account_id     text collate "C" not null,
    position       bigint not null,
    id             text collate "C" not null,
    type           text collate "C" not null,
    resource_id    text collate "C" not null,
    resource_seq   bigint not null,
    at             bigint not null,
    actor          text not null,
    request_id     text not null,
    correlation_id text,
    before         text not null,
    after          text not null,
    data           text not null,
    schema_version bigint not null,
    primary key (account_id, position),
    unique (account_id, resource_id, resource_seq)
);

create index activity_type on activity (account_id, type, position);

create table feeds (
    account_id text collate "C" not null primary key,
    position   bigint not null
);
