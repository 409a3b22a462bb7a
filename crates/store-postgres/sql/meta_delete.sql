-- meta_delete.sql: a value of the store's own that it has no more.
delete from store_meta
where key = $1::text
