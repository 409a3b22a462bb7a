-- person_get.sql: people of an account.
select t.account_id, t.id, t.user_id, t.created_at, t.handle
from unnest($2::text[]) as k (id)
cross join lateral (   -- each by its whole key, whatever is believed of the table
    select *
    from people as t
    where t.account_id = $1::text and t.id = k.id
    offset 0
) as t
