-- clock_now.sql: the database's clock, the only clock of all nodes, in milliseconds. It is read by
-- itself and not within other statements: now() stands still while a transaction waits for its
-- locks, and a value that comes from here is bound like any other, so that all rows of a batch
-- agree with what was decided.
select (extract(epoch from clock_timestamp()) * 1000)::bigint as millis
