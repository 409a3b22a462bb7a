-- pool_all.sql: every pool, for the audit.
select account_id, zone_id, part, capacity, held, sold
from pools
