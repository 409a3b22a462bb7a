-- pool_get.sql: the counters of pools, which are locked until the batch ends.
select t.account_id, t.zone_id, t.part, t.capacity, t.held, t.sold
from unnest($1::text[], $2::text[], $3::bigint[]) as k (account_id, zone_id, part)
join pools as t on t.account_id = k.account_id and t.zone_id = k.zone_id and t.part = k.part
order by t.account_id, t.zone_id, t.part   -- all writers lock them in this order
for update of t
