-- feed_get.sql: where an account's feed ends.
select position
from feeds
where account_id = :account
