-- writer_last_of_account.sql: the latest instant at which a batch of an account was committed.
select max(t.last_instant) as last_instant
from writers as t
where t.account_id = $1::text
