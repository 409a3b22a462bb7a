-- lookup_shard.sql: the hashes of a shard, out of the sorted run.
select hash
from lookups
where kind = :kind and hash between :first and :last
