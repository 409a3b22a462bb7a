-- feed_put.sql: the new ends of feeds, which may have no row.
insert into feeds (account_id, position)
select account_id, position
from unnest($1::text[], $2::bigint[]) as k (account_id, position)
on conflict (account_id) do update
set position = excluded.position
where feeds.position < excluded.position   -- a feed only grows
