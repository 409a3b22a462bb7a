-- payment_update.sql: payments as they now are.
update payments as t
set status = k.status, refunded = k.refunded, refund_pending = k.refund_pending, seq = k.seq
from unnest(
    $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::text[],
    $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[]
) as k (
    id, resource_id, method, reference, status, amount, currency, refunded,
    refund_pending, created_at, seq
)
where t.account_id = $1::text and t.id = k.id
  -- What was taken, how and for what never changes.
  and t.resource_id = k.resource_id and t.method = k.method and t.reference = k.reference
  and t.amount = k.amount and t.currency = k.currency and t.created_at = k.created_at
