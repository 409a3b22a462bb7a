-- meta_insert.sql: a value of the store's own that is set once.
insert into store_meta (key, value)
values ($1::text, $2::text)
on conflict (key) do nothing
