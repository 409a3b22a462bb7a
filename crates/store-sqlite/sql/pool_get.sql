-- pool_get.sql: the counters of one pool.
select capacity, held, sold
from pools
where account_id = :account and owner_id = :owner and part = :part
