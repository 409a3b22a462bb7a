-- seat_all_of_zone.sql: the numbered seats of zones, in order.
select t.account_id, t.zone_id, t.number, t.label
from unnest($2::text[]) as k (zone_id)
cross join lateral (
    select t.account_id, t.zone_id, t.number, t.label
    from seats as t
    where t.account_id = $1::text and t.zone_id = k.zone_id
    offset 0
) as t
order by t.zone_id, t.number
