-- feed_lock.sql: where feeds end, locked until the batch ends. Whoever has them may write, so
-- positions become visible in order and no reader ever skips one.
select t.account_id, t.position
from unnest($1::text[]) as k (account_id)
join feeds as t on t.account_id = k.account_id
order by t.account_id   -- all writers lock them in this order
for update of t
