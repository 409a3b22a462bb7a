-- writer_last_instant.sql: the latest instant at which any writer committed.
select max(last_instant) as last_instant
from writers
