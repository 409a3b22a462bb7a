-- booking_next_deadline.sql: the earliest deadline of a hold.
select min(expires_at) as expires_at
from bookings
where status = 'reserved'
