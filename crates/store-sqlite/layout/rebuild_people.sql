-- rebuild_people.sql: what the hash index of people is built from.
select no, account_id, id
from all_people
