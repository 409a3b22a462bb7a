-- meta_put.sql: values of the store's own as they now are.
insert into store_meta (key, value)
select key, value
from unnest($1::text[], $2::text[]) as k (key, value)
order by key   -- all writers lock them in this order
on conflict (key) do update
set value = excluded.value
