-- lookup_put.sql: an entry is compacted into the sorted run. It may be there already, if what followed was cut
-- short.
insert or ignore into lookups (kind, hash, no)
values (:kind, :hash, :no)
