-- person_get.sql: a person whose id was drawn.
select no, id, user_id, created_at, handle
from people
where id = :id and account = :account and handle is not null
