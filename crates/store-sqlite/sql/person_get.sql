-- person_get.sql: one person.
select id, user_id, created_at
from people
where account_id = :account and id = :id
