-- booking_insert.sql: new bookings. One that names an event, a zone or a person which is not there is
-- refused: what is not found is null. Foreign keys would look in the same places, at a multiple of the
-- cost.
insert into bookings (
    account_id, id, event_id, zone_id, person_id, quantity, seats, total, currency, status,
    expires_at, created_at, confirmed_at, ended_at, confirmation_code, cancel_reason, payment_id,
    intent_user, intent_key, seq
)
select account_id, id, event_id,
    (
        select z.id from zones as z
        where z.account_id = k.account_id and z.id = k.zone_id and z.event_id = k.event_id
    ),
    (select p.id from people as p where p.account_id = k.account_id and p.id = k.person_id),
    quantity, seats, total, currency, status, expires_at, created_at, confirmed_at, ended_at,
    confirmation_code, cancel_reason, payment_id, intent_user, intent_key, seq
from unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[],
    $8::bigint[], $9::text[], $10::text[], $11::bigint[], $12::bigint[], $13::bigint[],
    $14::bigint[], $15::text[], $16::text[], $17::text[], $18::text[], $19::text[], $20::bigint[]
) as k (
    account_id, id, event_id, zone_id, person_id, quantity, seats, total, currency, status,
    expires_at, created_at, confirmed_at, ended_at, confirmation_code, cancel_reason, payment_id,
    intent_user, intent_key, seq
)
