-- seat_taken.sql: the numbers of seats that are held or sold, in order.
select t.account_id, t.zone_id, t.part
from unnest($1::text[], $2::text[]) as k (account_id, zone_id)
join pools as t on t.account_id = k.account_id and t.zone_id = k.zone_id
where t.part > 0   -- part 0 is the whole zone
  and t.held + t.sold > 0
order by t.account_id, t.zone_id, t.part
