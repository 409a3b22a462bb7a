-- feed_put.sql: the new end of a feed, which may have no row.
insert into feeds (account_id, position)
values (:account_id, :position)
on conflict (account_id) do update
set position = excluded.position
where feeds.position < excluded.position   -- a feed only grows
