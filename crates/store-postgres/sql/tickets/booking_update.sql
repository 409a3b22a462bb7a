-- booking_update.sql: bookings as they now are.
insert into bookings (
    account_id, id, event_id, zone_id, person_id, quantity, seats, total, currency, status,
    expires_at, created_at, confirmed_at, ended_at, confirmation_code, cancel_reason, payment_id,
    intent_user, intent_key, seq
)
select t.account_id,
    k.id, k.event_id, k.zone_id, k.person_id, k.quantity, k.seats, k.total, k.currency, k.status,
    k.expires_at, k.created_at, k.confirmed_at, k.ended_at, k.confirmation_code, k.cancel_reason,
    k.payment_id, k.intent_user, k.intent_key, k.seq
from unnest(
    $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::bigint[],
    $9::text[], $10::text[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[],
    $15::text[], $16::text[], $17::text[], $18::text[], $19::text[], $20::bigint[]
) as k (
    id, event_id, zone_id, person_id, quantity, seats, total, currency, status, expires_at,
    created_at, confirmed_at, ended_at, confirmation_code, cancel_reason, payment_id, intent_user,
    intent_key, seq
)
cross join lateral (   -- only rows that are there, each found by its whole key
    select t.account_id
    from bookings as t
    where t.account_id = $1::text and t.id = k.id
    offset 0
) as t
on conflict (account_id, id) do update
set status = excluded.status, expires_at = excluded.expires_at,
    confirmed_at = excluded.confirmed_at, ended_at = excluded.ended_at,
    confirmation_code = excluded.confirmation_code, cancel_reason = excluded.cancel_reason,
    payment_id = excluded.payment_id, seq = excluded.seq
-- What was claimed, by whom, for how much and by which intent never changes.
where bookings.event_id = excluded.event_id
  and bookings.zone_id = excluded.zone_id
  and bookings.person_id = excluded.person_id
  and bookings.quantity = excluded.quantity
  and bookings.seats is not distinct from excluded.seats
  and bookings.total = excluded.total
  and bookings.currency = excluded.currency
  and bookings.created_at = excluded.created_at
  and bookings.intent_user is not distinct from excluded.intent_user
  and bookings.intent_key is not distinct from excluded.intent_key
