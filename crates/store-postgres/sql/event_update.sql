-- event_update.sql: events as they now are.
insert into events (
    account_id, id, name, starts_at, currency, max_per_user, hold_seconds, sales_open_at,
    sales_close_at, cancellation_policy, created_at, seq
)
select t.account_id,
    k.id, k.name, k.starts_at, k.currency, k.max_per_user, k.hold_seconds, k.sales_open_at,
    k.sales_close_at, k.cancellation_policy, k.created_at, k.seq
from unnest(
    $2::text[], $3::text[], $4::bigint[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[],
    $9::bigint[], $10::text[], $11::bigint[], $12::bigint[]
) as k (
    id, name, starts_at, currency, max_per_user, hold_seconds, sales_open_at, sales_close_at,
    cancellation_policy, created_at, seq
)
cross join lateral (   -- only rows that are there, each found by its whole key
    select t.account_id
    from events as t
    where t.account_id = $1::text and t.id = k.id
    offset 0
) as t
on conflict (account_id, id) do update
set name = excluded.name, starts_at = excluded.starts_at, max_per_user = excluded.max_per_user,
    hold_seconds = excluded.hold_seconds, sales_open_at = excluded.sales_open_at,
    sales_close_at = excluded.sales_close_at, cancellation_policy = excluded.cancellation_policy,
    seq = excluded.seq
-- All prices are in this currency; it never changes.
where events.currency = excluded.currency
  and events.created_at = excluded.created_at
