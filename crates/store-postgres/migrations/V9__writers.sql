-- The last batch of each writer. It settles a COMMIT whose answer was lost. All rows are the system
-- account's: an account of a store has no writers of its own.
create table writers (
    account_id   text collate "C" not null,
    id           text collate "C" not null,
    batch_id     text,
    last_instant bigint,
    primary key (account_id, id)
);
