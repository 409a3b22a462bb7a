-- pool_update.sql: the counters of a pool as they now are.
update pools
set capacity = :capacity, held = :held, sold = :sold
where account_id = :account_id and owner_id = :owner_id and part = :part
