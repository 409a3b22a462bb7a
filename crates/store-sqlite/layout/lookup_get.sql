-- lookup_get.sql: the numbers of rows with a hash, out of what is sorted.
select no
from lookups
where kind = :kind and hash = :hash
