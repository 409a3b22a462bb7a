-- meta_insert.sql: a value of the store's own that is set once.
insert into store_meta (key, value)
values (:key, :value)
on conflict (key) do nothing
