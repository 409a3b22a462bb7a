-- meta_get.sql: a value of the store's own.
select value
from store_meta
where key = $1::text
