-- zone_get.sql: zones of an account.
select t.account_id, t.id, t.event_id, t.position, t.name, t.price, t.currency, t.numbered, t.seq
from zones as t
where t.account_id = $1::text and t.id = any($2::text[])
