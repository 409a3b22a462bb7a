-- seat_taken.sql: the numbers of seats that are held or sold, in order.
select t.account_id, t.owner_id as zone_id, t.part
from unnest($2::text[]) as k (zone_id)
cross join lateral (
    select t.account_id, t.owner_id, t.part
    from pools as t
    where t.account_id = $1::text and t.owner_id = k.zone_id
      and t.part > 0   -- part 0 is the whole zone
      and t.held + t.sold > 0
    offset 0
) as t
order by t.owner_id, t.part
