-- seat_all_of_zone.sql: the numbered seats of a zone, in order.
select number, label
from seats
where account_id = :account and zone_id = :zone
order by number
