-- lookup_log_first.sql: the oldest batch in the index WAL.
select min(no) as no
from lookup_log
