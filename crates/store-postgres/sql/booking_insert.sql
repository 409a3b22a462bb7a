-- booking_insert.sql: new bookings. Those that name an event, a zone or a person which is not there are
-- not written, and that is noticed by their number: one look for all rows, where foreign keys would
-- look for each of them by itself.
insert into bookings (
    account_id, id, event_id, zone_id, person_id, quantity, seats, total, currency, status,
    expires_at, created_at, confirmed_at, ended_at, confirmation_code, cancel_reason, payment_id,
    intent_user, intent_key, seq
)
select k.account_id, k.id, k.event_id, k.zone_id, k.person_id, k.quantity, k.seats, k.total,
    k.currency, k.status, k.expires_at, k.created_at, k.confirmed_at, k.ended_at,
    k.confirmation_code, k.cancel_reason, k.payment_id, k.intent_user, k.intent_key, k.seq
from unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[],
    $8::bigint[], $9::text[], $10::text[], $11::bigint[], $12::bigint[], $13::bigint[],
    $14::bigint[], $15::text[], $16::text[], $17::text[], $18::text[], $19::text[], $20::bigint[]
) as k (
    account_id, id, event_id, zone_id, person_id, quantity, seats, total, currency, status,
    expires_at, created_at, confirmed_at, ended_at, confirmation_code, cancel_reason, payment_id,
    intent_user, intent_key, seq
)
join zones as z on z.account_id = k.account_id and z.id = k.zone_id and z.event_id = k.event_id
join people as p on p.account_id = k.account_id and p.id = k.person_id
