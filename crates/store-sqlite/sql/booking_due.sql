-- booking_due.sql: holds whose deadline has passed, the earliest first.
select account_id, id
from bookings
where status = 'reserved'
  and expires_at <= :now   -- the deadline itself is too late
order by expires_at, account_id, id
limit :limit
