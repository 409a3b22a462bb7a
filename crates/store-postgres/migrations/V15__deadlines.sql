-- Whoever writes bookings just now is waited for; whoever comes later finds a newer version than their own.
drop index bookings_deadline;

-- What happens by itself, in the order in which it is due: of whatever kind, and whoever it is about.
create table deadlines (
    due_at      bigint not null,
    account_id  text collate "C" not null,
    resource_id text collate "C" not null,
    kind        text not null,
    primary key (due_at, account_id, resource_id, kind)
);

insert into deadlines (due_at, account_id, resource_id, kind)
select expires_at, account_id, id, 'hold'
from bookings
where status = 'reserved';

update store_meta set value = '15' where key = 'min_writer_version';
