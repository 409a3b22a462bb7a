-- bootstrap_insert.sql: the row that starting nodes lock.
insert into bootstrap (id)
values (1)
on conflict (id) do nothing
