-- zone_get.sql: zones.
select t.account_id, t.id, t.event_id, t.position, t.name, t.price, t.currency, t.numbered, t.seq
from unnest($1::text[], $2::text[]) as k (account_id, id)
join zones as t on t.account_id = k.account_id and t.id = k.id
