-- Accounts and secret keys: who may ask.
-- Both are small and asked for without an account (by name, by hash), so that a store which is spread
-- over shards keeps them whole on each.
create table accounts (
    account_id text collate "C" not null primary key,
    name       text collate "C" not null,
    mode       text collate "C" not null,
    created_at bigint not null,
    unique (name, mode)
);

create table keys (
    account_id text collate "C" not null references accounts (account_id),
    id         text collate "C" not null,
    hash       bytea not null,
    scopes     text not null,
    rate       bigint,
    created_at bigint not null,
    revoked_at bigint,
    primary key (account_id, id)
);

create unique index keys_id on keys (id);
create unique index keys_hash on keys (hash);
