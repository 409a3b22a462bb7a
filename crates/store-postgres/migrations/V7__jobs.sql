-- Work that is due at an instant and leased by one worker at a time.
create table jobs (
    account_id  text collate "C" not null,
    kind        text collate "C" not null,
    due_at      bigint not null,
    lease_until bigint not null,
    fence       bigint not null,
    attempt     bigint not null,
    primary key (account_id, kind)
);
