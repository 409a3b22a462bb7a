-- schema_version.sql: the last migration that was carried out.
select max(version)::bigint as version
from refinery_schema_history
