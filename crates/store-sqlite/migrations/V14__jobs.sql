-- Work that is due at an instant and leased by one worker at a time: any number of jobs of each kind, each with a
-- name of its own.
alter table jobs rename to jobs_before;

create table jobs (
    account_id      text not null,
    kind            text not null,
    id              text not null,
    due_at          integer not null,
    lease_until     integer not null,
    fence           integer not null,
    attempt         integer not null,
    payload_version integer not null,
    payload         blob not null,
    primary key (account_id, kind, id)
) strict, without rowid;

-- Clean-up is one job for the whole store.
insert into jobs
select account_id, kind, 'store', due_at, lease_until, fence, attempt, 0, x''
from jobs_before;

drop table jobs_before;

-- In the order in which they can be leased.
create index jobs_ready on jobs (kind, max(due_at, lease_until), account_id, id);

update store_meta set value = '14' where key = 'min_writer_version';
