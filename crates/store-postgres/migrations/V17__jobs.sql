-- Work that is due at an instant and leased by one worker at a time: any number of jobs of each kind, each with a
-- name of its own. Clean-up, which is there already, is one job for the whole store. Whoever writes jobs just now is
-- waited for; whoever comes later and does not know their names has no key to write them by.
alter table jobs
    add column id text collate "C" not null default 'store',
    add column payload_version bigint not null default 0,
    add column payload bytea not null default '';

alter table jobs
    alter column id drop default,
    alter column payload_version drop default,
    alter column payload drop default;

alter table jobs drop constraint jobs_pkey;

alter table jobs add primary key (account_id, kind, id);

-- In the order in which they can be leased.
create index jobs_ready on jobs (kind, greatest(due_at, lease_until), account_id, id);

update store_meta set value = '17' where key = 'min_writer_version';
