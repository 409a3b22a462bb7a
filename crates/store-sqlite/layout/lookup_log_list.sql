-- lookup_log_list.sql: what batches have added and taken away since one of them, in order.
select no, entries
from lookup_log
where no > :after
order by no
