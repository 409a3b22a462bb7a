-- booking_update.sql: bookings as they now are.
update bookings as t
set status = k.status, expires_at = k.expires_at, confirmed_at = k.confirmed_at,
    ended_at = k.ended_at, confirmation_code = k.confirmation_code,
    cancel_reason = k.cancel_reason, payment_id = k.payment_id, seq = k.seq
from unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[],
    $8::bigint[], $9::text[], $10::text[], $11::bigint[], $12::bigint[], $13::bigint[],
    $14::bigint[], $15::text[], $16::text[], $17::text[], $18::text[], $19::text[], $20::bigint[]
) as k (
    account_id, id, event_id, zone_id, person_id, quantity, seats, total, currency, status,
    expires_at, created_at, confirmed_at, ended_at, confirmation_code, cancel_reason, payment_id,
    intent_user, intent_key, seq
)
where t.account_id = k.account_id and t.id = k.id
  -- What was claimed, by whom, for how much and by which intent never changes.
  and t.event_id = k.event_id and t.zone_id = k.zone_id and t.person_id = k.person_id
  and t.quantity = k.quantity and t.seats is not distinct from k.seats
  and t.total = k.total and t.currency = k.currency and t.created_at = k.created_at
  and t.intent_user is not distinct from k.intent_user
  and t.intent_key is not distinct from k.intent_key
