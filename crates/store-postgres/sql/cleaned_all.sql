-- cleaned_all.sql: the low-water marks of feeds, for the audit.
select key, value
from store_meta
where key >= 'activity_cleaned.' and key < 'activity_cleaned/'
