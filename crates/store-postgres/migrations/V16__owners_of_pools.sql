-- Pools belong to whatever units are taken of, and count a part of it: which parts there are is the owner's to
-- say. Part 0 is the whole. Whoever makes a pool checks its owner against what the transaction has read.
alter table pools drop constraint pools_account_id_zone_id_fkey;
alter table pools rename column zone_id to owner_id;

-- A batch of a node of an earlier version that had begun before deadlines were rows can have made holds since, but
-- none from here on: it writes to `zone_id`.
insert into deadlines (due_at, account_id, resource_id, kind)
select expires_at, account_id, id, 'hold'
from bookings
where status = 'reserved'
on conflict do nothing;

update store_meta set value = '16' where key = 'min_writer_version';
