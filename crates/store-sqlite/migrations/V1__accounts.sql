-- Accounts and secret keys: who may ask.
-- Both are small and asked for without an account (by name, by hash), so that a store which is spread
-- over shards keeps them whole on each.
create table accounts (
    account_id text not null primary key,
    name       text not null,
    mode       text not null,
    created_at integer not null,
    unique (name, mode)
) strict;

create table keys (
    account_id text not null references accounts (account_id),
    id         text not null,
    hash       blob not null,
    scopes     text not null,
    rate       integer,
    created_at integer not null,
    revoked_at integer,
    primary key (account_id, id)
) strict;

create unique index keys_id on keys (id);
create unique index keys_hash on keys (hash);
