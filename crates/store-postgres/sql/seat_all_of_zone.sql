-- seat_all_of_zone.sql: the numbered seats of zones, in order.
select t.account_id, t.zone_id, t.number, t.label
from unnest($1::text[], $2::text[]) as k (account_id, zone_id)
join seats as t on t.account_id = k.account_id and t.zone_id = k.zone_id
order by t.account_id, t.zone_id, t.number
