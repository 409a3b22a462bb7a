-- writer_lock.sql: a writer's last batch. The lock waits for a lost transaction to end, either way.
select batch_id
from writers
where account_id = $1::text and id = $2::text
for update
