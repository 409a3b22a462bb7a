-- citus_is_there.sql: whether the database can spread tables over shards.
select count(*) as extensions
from pg_extension
where extname = 'citus'
