-- store_bytes.sql: how large the database is, for whoever watches its disk.
select pg_database_size(current_database()) as bytes
