-- lookup_log_insert.sql: what a batch adds to the entries and takes away from them.
insert into lookup_log (no, entries)
values (:no, :entries)
