-- feed_all.sql: the end of every feed, for the audit.
select account_id, position
from feeds
