-- booking_due.sql: holds whose deadline has passed, the earliest first, but for those that another
-- writer is ending just now: several nodes share the work.
select account_id, id
from bookings
where status = 'reserved'
  and expires_at <= $1::bigint   -- the deadline itself is too late
order by expires_at, account_id, id
limit $2::bigint
for update skip locked
