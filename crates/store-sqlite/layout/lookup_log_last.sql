-- lookup_log_last.sql: the newest batch in the index WAL.
select max(no) as no
from lookup_log
