-- pool_take.sql: the pool of a part that is free: it may have no row.
insert into pools (account_id, owner_id, part, capacity, held, sold)
values (:account_id, :owner_id, :part, :capacity, :held, :sold)
on conflict (account_id, owner_id, part) do update
set held = excluded.held, sold = excluded.sold
where pools.held = 0 and pools.sold = 0   -- what is taken is never taken again
  and pools.capacity = excluded.capacity
