-- feed_get.sql: where a feed ends.
select t.account_id, t.position
from feeds as t
where t.account_id = $1::text
