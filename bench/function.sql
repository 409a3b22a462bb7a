-- The reserve as one function: one statement and one round trip for each request. For pgbench:
--   pgbench -n -M prepared -c 64 -j 2 -T 10 -f bench/function.sql
\set user random(1, 1000000000)
\set key random(1, 1000000000000)
select plain_reserve(:key, :user);
