-- bootstrap_lock.sql: nodes that start at once bring the schema up to date one after the other.
select id
from bootstrap
where id = 1
for update
