-- person_get.sql: one person, where there is one of that name at that number.
select no, id, user_id, created_at
from people
where no = :no and account = :account and id = :id
