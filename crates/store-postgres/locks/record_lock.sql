-- record_lock.sql: records that are about to be written, locked in one order by all writers.
select t.key
from unnest($1::text[], $2::text[], $3::text[]) as k (account_id, user_id, key)
join idempotency as t on t.account_id = k.account_id and t.user_id = k.user_id and t.key = k.key
order by t.account_id, t.user_id, t.key
for update of t
