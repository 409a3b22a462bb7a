-- meta_all.sql: everything that the store knows of itself.
select key, value
from store_meta
