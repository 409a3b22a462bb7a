-- lookup_log_first.sql: the oldest batch whose entries are kept.
select min(no) as no
from lookup_log
