-- schema_is_there.sql: whether migrations were carried out in this schema.
select count(*) as tables
from information_schema.tables
where table_schema = current_schema() and table_name = 'refinery_schema_history'
