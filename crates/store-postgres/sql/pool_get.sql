-- pool_get.sql: the counters of pools, which are locked until the batch ends.
select t.account_id, t.owner_id, t.part, t.capacity, t.held, t.sold
from (
    select k.owner_id, k.part
    from unnest($2::text[], $3::bigint[]) as k (owner_id, part)
    order by k.owner_id, k.part   -- all writers lock them in this order
) as k
cross join lateral (
    select *
    from pools as t
    where t.account_id = $1::text and t.owner_id = k.owner_id and t.part = k.part
    for update
) as t
