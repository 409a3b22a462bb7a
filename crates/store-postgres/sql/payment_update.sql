-- payment_update.sql: payments as they now are.
insert into payments (
    account_id, id, resource_id, method, reference, status, amount, currency, refunded, refund_pending,
    created_at, seq
)
select t.account_id, k.id, k.resource_id, k.method, k.reference, k.status, k.amount, k.currency,
    k.refunded, k.refund_pending, k.created_at, k.seq
from unnest(
    $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::text[],
    $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[]
) as k (
    id, resource_id, method, reference, status, amount, currency, refunded,
    refund_pending, created_at, seq
)
cross join lateral (   -- only rows that are there, each found by its whole key
    select t.account_id
    from payments as t
    where t.account_id = $1::text and t.id = k.id
    offset 0
) as t
on conflict (account_id, id) do update
set status = excluded.status, refunded = excluded.refunded, refund_pending = excluded.refund_pending,
    seq = excluded.seq
-- What was taken, how and for what never changes.
where payments.resource_id = excluded.resource_id and payments.method = excluded.method
  and payments.reference = excluded.reference and payments.amount = excluded.amount
  and payments.currency = excluded.currency and payments.created_at = excluded.created_at
