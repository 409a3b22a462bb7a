-- pool_take.sql: the pools of seats that are free: they may have no row.
insert into pools (account_id, zone_id, part, capacity, held, sold)
select f.account_id,
    k.zone_id, k.part, k.capacity, k.held, k.sold
from feeds as f,   -- the account's own row: what is inserted lies where that lies
    unnest(
        $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[]
    ) as k (
        zone_id, part, capacity, held, sold
    )
where f.account_id = $1::text
on conflict (account_id, zone_id, part) do update
set held = excluded.held, sold = excluded.sold
where pools.held = 0 and pools.sold = 0   -- a seat that is taken is never taken again
  and pools.capacity = excluded.capacity
