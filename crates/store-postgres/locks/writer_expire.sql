-- writer_expire.sql: writers that have not written for long.
delete from writers
where last_instant < $1::bigint
