-- feed_lock.sql: where a feed ends, locked until the batch ends. Whoever has it may write, so
-- positions become visible in order and no reader ever skips one.
select t.account_id, t.position
from feeds as t
where t.account_id = $1::text
for update
