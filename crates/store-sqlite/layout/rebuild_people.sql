-- rebuild_people.sql: what people are found by.
select no, account_id, id
from all_people
