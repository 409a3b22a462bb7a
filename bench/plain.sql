-- The reserve as it is usually written: one transaction for each request, the hot row locked by
-- SELECT … FOR UPDATE, the idempotency key in a table of its own. For pgbench:
--   pgbench -n -c 64 -j 2 -T 10 -f bench/plain.sql
\set user random(1, 1000000000)
\set key random(1, 1000000000000)
begin;
insert into plain_keys (key, answer) values (:key, '{"status":"reserved"}') on conflict do nothing;
select available from plain_zones where id = 1 for update;
insert into plain_bookings (zone_id, user_id, quantity, status, created_at)
values (1, :user, 1, 'reserved', now());
update plain_zones set available = available - 1 where id = 1;
commit;
