-- booking_next_deadline.sql: the earliest deadline of a hold. Its order is said, so that the index in
-- this order is used, whatever is believed of the table.
select expires_at
from bookings
where status = 'reserved'
order by expires_at
limit 1
