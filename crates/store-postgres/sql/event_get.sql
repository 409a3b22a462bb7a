-- event_get.sql: events of an account.
select t.account_id, t.id, t.name, t.starts_at, t.currency, t.max_per_user, t.hold_seconds,
    t.sales_open_at, t.sales_close_at, t.cancellation_policy, t.created_at, t.seq
from events as t
where t.account_id = $1::text and t.id = any($2::text[])
