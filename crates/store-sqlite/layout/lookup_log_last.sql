-- lookup_log_last.sql: the newest batch whose entries are kept.
select max(no) as no
from lookup_log
