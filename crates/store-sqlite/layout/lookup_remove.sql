-- lookup_remove.sql: an entry goes from its sorted place, if it is there.
delete from lookups
where kind = :kind and hash = :hash and no = :no
