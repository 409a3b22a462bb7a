-- citus_tables.sql: the tables that are spread over shards, or kept whole on each.
select c.relname as name
from pg_dist_partition as p
join pg_class as c on c.oid = p.logicalrelid
join pg_namespace as n on n.oid = c.relnamespace
where n.nspname = current_schema()
