-- lookup_log_insert.sql: the entries and tombstones of a batch, in the index WAL.
insert into lookup_log (no, entries)
values (:no, :entries)
