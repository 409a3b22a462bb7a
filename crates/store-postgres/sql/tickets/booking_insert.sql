-- booking_insert.sql: new bookings. What they name was read in this transaction, or is made by it.
insert into bookings (
    account_id, id, event_id, zone_id, person_id, quantity, seats, total, currency, status,
    expires_at, created_at, confirmed_at, ended_at, confirmation_code, cancel_reason, payment_id,
    intent_user, intent_key, seq
)
select f.account_id,
    k.id, k.event_id, k.zone_id, k.person_id, k.quantity, k.seats, k.total, k.currency, k.status,
    k.expires_at, k.created_at, k.confirmed_at, k.ended_at, k.confirmation_code, k.cancel_reason,
    k.payment_id, k.intent_user, k.intent_key, k.seq
from feeds as f,   -- the account's own row: what is inserted lies where that lies
    unnest(
        $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::bigint[],
        $9::text[], $10::text[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[],
        $15::text[], $16::text[], $17::text[], $18::text[], $19::text[], $20::bigint[]
    ) as k (
        id, event_id, zone_id, person_id, quantity, seats, total, currency, status, expires_at,
        created_at, confirmed_at, ended_at, confirmation_code, cancel_reason, payment_id,
        intent_user, intent_key, seq
    )
where f.account_id = $1::text
