-- payment_insert.sql: new payments. A reference that pays already is refused by the unique key.
insert into payments (
    account_id, id, resource_id, method, reference, status, amount, currency, refunded,
    refund_pending, created_at, seq
)
select f.account_id,
    k.id, k.resource_id, k.method, k.reference, k.status, k.amount, k.currency, k.refunded,
    k.refund_pending, k.created_at, k.seq
from feeds as f,   -- the account's own row: what is inserted lies where that lies
    unnest(
        $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::text[],
        $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[]
    ) as k (
        id, resource_id, method, reference, status, amount, currency, refunded,
        refund_pending, created_at, seq
    )
where f.account_id = $1::text
