-- lookup_remove.sql: a tombstone is compacted: its entry goes from the sorted run, if it is there.
delete from lookups
where kind = :kind and hash = :hash and no = :no
