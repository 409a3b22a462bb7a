-- booking_insert.sql: new bookings. What they name was read in this transaction, or is made by it.
insert into bookings (
    account_id, id, event_id, zone_id, person_id, quantity, seats, total, currency, status,
    expires_at, created_at, confirmed_at, ended_at, confirmation_code, cancel_reason, payment_id,
    intent_user, intent_key, seq
)
select account_id, id, event_id, zone_id, person_id, quantity, seats, total, currency, status,
    expires_at, created_at, confirmed_at, ended_at, confirmation_code, cancel_reason, payment_id,
    intent_user, intent_key, seq
from unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[],
    $8::bigint[], $9::text[], $10::text[], $11::bigint[], $12::bigint[], $13::bigint[],
    $14::bigint[], $15::text[], $16::text[], $17::text[], $18::text[], $19::text[], $20::bigint[]
) as k (
    account_id, id, event_id, zone_id, person_id, quantity, seats, total, currency, status,
    expires_at, created_at, confirmed_at, ended_at, confirmation_code, cancel_reason, payment_id,
    intent_user, intent_key, seq
)
