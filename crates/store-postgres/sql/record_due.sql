-- record_due.sql: keys whose records clean-up has to look at, the earliest first.
select account_id, scope, key
from idempotency
where keep_until <= $1::bigint   -- a record without this instant is kept for good
order by keep_until, account_id, scope, key
limit $2::bigint
