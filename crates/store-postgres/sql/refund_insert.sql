-- refund_insert.sql: new refunds.
insert into refunds (account_id, id, payment_id, amount, currency, reason, created_at)
select account_id, id, payment_id, amount, currency, reason, created_at
from unnest(
    $1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::bigint[]
) as k (
    account_id, id, payment_id, amount, currency, reason, created_at
)
