-- activity_due.sql: of feeds of which something has to go, the first entries that are left, as far as they
-- are from before an instant: how many, where they end, when the last of them was written.
select oldest.account_id, slice.entries, slice.position, slice.at
from unnest($1::text[], $2::bigint[]) as k (account_id, gone)
join activity as oldest   -- asked first: of most feeds nothing is due, and then no more is read
    on oldest.account_id = k.account_id and oldest.position = k.gone + 1 and oldest.at < $4::bigint
cross join lateral (
    select count(*) as entries, coalesce(max(t.position), 0) as position, coalesce(max(t.at), 0) as at
    from activity as t
    where t.account_id = k.account_id
      and t.position > k.gone and t.position <= k.gone + $3::bigint
      and t.at < $4::bigint
) as slice
