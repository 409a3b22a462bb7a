-- feed_put.sql: the new end of a feed, which has its row.
update feeds as t
set position = $2::bigint
where t.account_id = $1::text
  and t.position < $2::bigint   -- a feed only grows
