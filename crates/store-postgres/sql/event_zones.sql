-- event_zones.sql: the ids of zones of events, in order.
select t.account_id, t.event_id, t.id
from unnest($1::text[], $2::text[]) as k (account_id, event_id)
join zones as t on t.account_id = k.account_id and t.event_id = k.event_id
order by t.account_id, t.event_id, t.position
