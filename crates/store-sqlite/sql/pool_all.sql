-- pool_all.sql: every pool, for the audit.
select account_id, owner_id, part, capacity, held, sold
from pools
