-- lookup_put.sql: an entry goes to its sorted place. It may be there already, if what followed was cut
-- short.
insert or ignore into lookups (kind, hash, no)
values (:kind, :hash, :no)
