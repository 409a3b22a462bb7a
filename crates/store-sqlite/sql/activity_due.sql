-- activity_due.sql: the first entries that are left of a feed, as far as they are from before an instant:
-- how many, where they end, when the last of them was written.
select count(*) as entries, coalesce(max(no), 0) & 1099511627775 as position,
    coalesce(max(at), 0) as at
from activity
where no > :gone and no <= :gone + :limit and at < :before
  and exists (   -- asked first: of most feeds nothing is due, and then no more is read
    select 1
    from activity as oldest
    where oldest.no = :gone + 1 and oldest.at < :before
  )
