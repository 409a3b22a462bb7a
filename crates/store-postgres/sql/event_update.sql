-- event_update.sql: events as they now are.
update events as t
set name = k.name, starts_at = k.starts_at, max_per_user = k.max_per_user,
    hold_seconds = k.hold_seconds, sales_open_at = k.sales_open_at,
    sales_close_at = k.sales_close_at, cancellation_policy = k.cancellation_policy, seq = k.seq
from unnest(
    $1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::bigint[], $7::bigint[],
    $8::bigint[], $9::bigint[], $10::text[], $11::bigint[], $12::bigint[]
) as k (
    account_id, id, name, starts_at, currency, max_per_user, hold_seconds, sales_open_at,
    sales_close_at, cancellation_policy, created_at, seq
)
where t.account_id = k.account_id and t.id = k.id
  -- All prices are in this currency; it never changes.
  and t.currency = k.currency and t.created_at = k.created_at
