-- meta_put.sql: a value of the store's own as it now is.
insert into store_meta (key, value)
values ($1::text, $2::text)
on conflict (key) do update
set value = excluded.value
