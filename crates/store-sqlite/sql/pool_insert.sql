-- pool_insert.sql: the pool of a new zone.
insert into pools (account_id, zone_id, part, capacity, held, sold)
values (:account_id, :zone_id, :part, :capacity, :held, :sold)
