-- person_get_by_handle.sql: people of an account that have these handles. Without one, the id is the handle.
select t.account_id, t.id, t.user_id, t.created_at, t.handle
from unnest($2::text[]) as k (handle)
cross join lateral (   -- each by its whole key, whatever is believed of the table
    select *
    from people as t
    where t.account_id = $1::text and coalesce(t.handle, t.id) = k.handle
    offset 0
) as t
