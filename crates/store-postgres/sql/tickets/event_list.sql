-- event_list.sql: events of an account, newest first.
select account_id, id, name, starts_at, currency, max_per_user, hold_seconds, sales_open_at,
    sales_close_at, cancellation_policy, created_at, seq
from events
where account_id = $1::text and id < $2::text
order by id desc
limit $3::bigint
