-- person_get.sql: people.
select t.account_id, t.id, t.user_id, t.created_at
from unnest($1::text[], $2::text[]) as k (account_id, id)
join people as t on t.account_id = k.account_id and t.id = k.id
