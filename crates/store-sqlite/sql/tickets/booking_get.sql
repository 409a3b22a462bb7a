-- booking_get.sql: one booking, with the client's text for its person.
select no, person, account_id, id, event_id, zone_id, person_id, user_id, quantity, seats, total,
    currency, status, expires_at, created_at, confirmed_at, ended_at, confirmation_code,
    cancel_reason, payment_id, intent_user, intent_key, seq
from all_bookings
where id = :id and account_id = :account
