-- payment_get.sql: payments. What they are for is locked by whoever changes them.
select t.account_id, t.id, t.resource_id, t.method, t.reference, t.status, t.amount, t.currency,
    t.refunded, t.refund_pending, t.created_at, t.seq
from unnest($2::text[]) as k (id)
cross join lateral (
    select *
    from payments as t
    where t.account_id = $1::text and t.id = k.id
    offset 0
) as t
