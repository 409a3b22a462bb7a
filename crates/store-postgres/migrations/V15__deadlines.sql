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

-- The account and the id of a payment are its key. The index by reference began with the account as well: of a
-- table that nobody has analysed yet, the planner believed either to be as good for the other's question, and
-- then read through all payments of an account. With the reference first there is no such question.
alter table payments drop constraint payments_account_id_reference_method_key;
alter table payments add unique (reference, account_id, method);

update store_meta set value = '15' where key = 'min_writer_version';
