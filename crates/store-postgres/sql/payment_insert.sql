-- payment_insert.sql: new payments. A reference that pays already is refused by the unique key.
insert into payments (
    account_id, id, booking_id, method, reference, status, amount, currency, refunded,
    created_at, seq
)
select account_id, id, booking_id, method, reference, status, amount, currency, refunded,
    created_at, seq
from unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[],
    $8::text[], $9::bigint[], $10::bigint[], $11::bigint[]
) as k (
    account_id, id, booking_id, method, reference, status, amount, currency, refunded,
    created_at, seq
)
