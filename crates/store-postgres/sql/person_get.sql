-- person_get.sql: people of an account.
select t.account_id, t.id, t.user_id, t.created_at
from people as t
where t.account_id = $1::text and t.id = any($2::text[])
