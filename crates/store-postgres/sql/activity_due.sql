-- activity_due.sql: the first entries that are left of a feed, as far as they are from before an instant:
-- how many, where they end, when the last of them was written.
select count(*) as entries, coalesce(max(position), 0) as position, coalesce(max(at), 0) as at
from activity
where account_id = $1::text and position > $2::bigint and position <= $2::bigint + $3::bigint
  and at < $4::bigint
  and exists (   -- asked first: of most feeds nothing is due, and then no more is read
    select 1
    from activity as oldest
    where oldest.account_id = $1::text and oldest.position = $2::bigint + 1
      and oldest.at < $4::bigint
  )
