-- rebuild_people.sql: what the hash index of people is built from.
select no, account_id, coalesce(handle, id) as handle
from all_people
