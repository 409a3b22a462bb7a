-- Work that is due at an instant and leased by one worker at a time.
create table jobs (
    account_id  text not null,
    kind        text not null,
    due_at      integer not null,
    lease_until integer not null,
    fence       integer not null,
    attempt     integer not null,
    primary key (account_id, kind)
) strict, without rowid;
