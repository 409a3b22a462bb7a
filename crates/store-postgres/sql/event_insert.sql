-- event_insert.sql: new events.
insert into events (
    account_id, id, name, starts_at, currency, max_per_user, hold_seconds, sales_open_at,
    sales_close_at, cancellation_policy, created_at, seq
)
select account_id, id, name, starts_at, currency, max_per_user, hold_seconds, sales_open_at,
    sales_close_at, cancellation_policy, created_at, seq
from unnest(
    $1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::bigint[], $7::bigint[],
    $8::bigint[], $9::bigint[], $10::text[], $11::bigint[], $12::bigint[]
) as k (
    account_id, id, name, starts_at, currency, max_per_user, hold_seconds, sales_open_at,
    sales_close_at, cancellation_policy, created_at, seq
)
