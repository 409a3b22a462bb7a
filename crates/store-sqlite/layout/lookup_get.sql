-- lookup_get.sql: the ids of rows with a hash, out of the sorted run.
select no
from lookups
where kind = :kind and hash = :hash
