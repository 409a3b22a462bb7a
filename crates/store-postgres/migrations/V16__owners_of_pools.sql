-- Pools belong to whatever units are taken of, and count a part of it: which parts there are is the owner's to
-- say. Part 0 is the whole. Whoever makes a pool checks its owner against what the transaction has read.
alter table pools drop constraint pools_account_id_zone_id_fkey;
alter table pools rename column zone_id to owner_id;

update store_meta set value = '16' where key = 'min_writer_version';
