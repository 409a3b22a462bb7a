-- feed_list.sql: feeds from an account on, where they end, and their low-water marks.
select f.account_id, f.position, m.value as cleaned
from feeds as f
left join store_meta as m on m.key = 'activity_cleaned.' || f.account_id
where f.account_id >= :from
order by f.account_id
limit :limit
