-- pool_take.sql: the pools of parts that are free: they may have no row.
insert into pools (account_id, owner_id, part, capacity, held, sold)
select f.account_id,
    k.owner_id, k.part, k.capacity, k.held, k.sold
from feeds as f,   -- the account's own row: what is inserted lies where that lies
    unnest(
        $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[]
    ) as k (
        owner_id, part, capacity, held, sold
    )
where f.account_id = $1::text
on conflict (account_id, owner_id, part) do update
set held = excluded.held, sold = excluded.sold
where pools.held = 0 and pools.sold = 0   -- what is taken is never taken again
  and pools.capacity = excluded.capacity
