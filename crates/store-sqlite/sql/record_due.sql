-- record_due.sql: keys whose records clean-up has to look at, the earliest first.
select a.name as account_id, r.scope, r.key
from idempotency r
left join account_names a on a.no = r.account
where r.keep_until <= :now   -- a record without this instant is kept for good
order by r.keep_until, a.name, r.scope, r.key
limit :limit
