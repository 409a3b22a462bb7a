-- feed_list.sql: feeds from an account on, where they end, and their low-water marks.
select f.account_id, f.position, m.value as cleaned
from feeds as f
left join store_meta as m on m.key = 'activity_cleaned.' || f.account_id
where f.account_id >= $1::text
  and f.position > 0   -- a feed in which nothing was emitted may have its row all the same
order by f.account_id
limit $2::bigint
