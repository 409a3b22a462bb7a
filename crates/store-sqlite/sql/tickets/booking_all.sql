-- booking_all.sql: every booking, for the audit, which does not ask for the client's texts.
select account_id, id, event_id, zone_id, person_id, '' as user_id, quantity, seats, total,
    currency, status, expires_at, created_at, confirmed_at, ended_at, confirmation_code,
    cancel_reason, payment_id, intent_user, intent_key, seq
from all_bookings
