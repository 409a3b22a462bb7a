-- feed_claim.sql: feeds that have no row yet get one, so that it can be locked.
insert into feeds (account_id, position)
select account_id, 0
from unnest($1::text[]) as k (account_id)
order by account_id
on conflict (account_id) do nothing
