-- booking_due.sql: holds whose deadline has passed, the earliest first.
select a.name as account_id, b.id
from bookings b
left join names a on a.no = b.account
where b.status = 'reserved'
  and b.expires_at <= :now   -- the deadline itself is too late
order by b.expires_at, a.name, b.id
limit :limit
