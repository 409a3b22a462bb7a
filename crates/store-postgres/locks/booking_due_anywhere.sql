-- booking_due_anywhere.sql: as booking_due, on a store that is spread over shards: there nothing can be
-- passed over. Two nodes may find the same holds; whoever comes second finds them ended.
select account_id, id
from bookings
where status = 'reserved'
  and expires_at <= $1::bigint   -- the deadline itself is too late
order by expires_at, account_id, id
limit $2::bigint
