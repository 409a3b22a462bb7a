-- cleaned_all.sql: what is gone of feeds, for the audit.
select key, value
from store_meta
where key >= 'activity_cleaned.' and key < 'activity_cleaned/'
