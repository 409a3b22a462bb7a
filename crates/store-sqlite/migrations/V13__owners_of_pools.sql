-- Pools belong to whatever units are taken of, and count a part of it: which parts there are is the owner's to
-- say. Part 0 is the whole. Whoever makes a pool checks its owner against what the transaction has read.
create table new_pools (
    account_id text not null,
    owner_id   text not null,
    part       integer not null check (part >= 0),
    capacity   integer not null,
    held       integer not null,
    sold       integer not null,
    primary key (account_id, owner_id, part),
    -- Nothing is ever sold twice, whatever the program believes.
    check (held >= 0 and sold >= 0 and held + sold <= capacity)
) strict, without rowid;

insert into new_pools (account_id, owner_id, part, capacity, held, sold)
select account_id, zone_id, part, capacity, held, sold
from pools
order by account_id, zone_id, part;

drop table pools;
alter table new_pools rename to pools;

update store_meta set value = '13' where key = 'min_writer_version';
