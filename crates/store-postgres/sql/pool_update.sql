-- pool_update.sql: the counters of pools as they now are.
insert into pools (account_id, owner_id, part, capacity, held, sold)
select t.account_id,
    k.owner_id, k.part, k.capacity, k.held, k.sold
from unnest(
    $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[]
) as k (
    owner_id, part, capacity, held, sold
)
cross join lateral (   -- only rows that are there, each found by its whole key
    select t.account_id
    from pools as t
    where t.account_id = $1::text and t.owner_id = k.owner_id and t.part = k.part
    offset 0
) as t
on conflict (account_id, owner_id, part) do update
set capacity = excluded.capacity, held = excluded.held, sold = excluded.sold
