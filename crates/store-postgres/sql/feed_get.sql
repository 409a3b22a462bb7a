-- feed_get.sql: where feeds end.
select t.account_id, t.position
from unnest($1::text[]) as k (account_id)
join feeds as t on t.account_id = k.account_id
