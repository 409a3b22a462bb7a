-- What happens by itself, in the order in which it is due: of whatever kind, and whoever it is about.
create table deadlines (
    due_at      integer not null,
    account_id  text not null,
    resource_id text not null,
    kind        text not null,
    primary key (due_at, account_id, resource_id, kind)
) strict, without rowid;

insert into deadlines (due_at, account_id, resource_id, kind)
select b.expires_at, a.name, b.id, 'hold'
from bookings b
join names a on a.no = b.account
where b.status = 'reserved'
order by 1, 2, 3;

drop index bookings_deadline;

update store_meta set value = '12' where key = 'min_writer_version';
