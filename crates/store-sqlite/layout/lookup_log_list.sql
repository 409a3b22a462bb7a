-- lookup_log_list.sql: the entries and tombstones of batches since one of them, in order.
select no, entries
from lookup_log
where no > :after
order by no
