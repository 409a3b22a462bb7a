-- event_zones.sql: the ids of zones of events, in order.
select t.account_id, t.event_id, t.id
from unnest($2::text[]) as k (event_id)
cross join lateral (
    select t.account_id, t.event_id, t.id, t.position
    from zones as t
    where t.account_id = $1::text and t.event_id = k.event_id
    offset 0
) as t
order by t.event_id, t.position
