-- event_get.sql: events.
select t.account_id, t.id, t.name, t.starts_at, t.currency, t.max_per_user, t.hold_seconds,
    t.sales_open_at, t.sales_close_at, t.cancellation_policy, t.created_at, t.seq
from unnest($1::text[], $2::text[]) as k (account_id, id)
join events as t on t.account_id = k.account_id and t.id = k.id
