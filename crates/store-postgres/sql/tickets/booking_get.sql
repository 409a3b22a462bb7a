-- booking_get.sql: a booking, with the client's text for its person.
select t.account_id, t.id, t.event_id, t.zone_id, t.person_id,
    (select p.user_id from people as p where p.account_id = $1::text and p.id = t.person_id) as user_id,
    t.quantity, t.seats, t.total, t.currency, t.status, t.expires_at, t.created_at, t.confirmed_at,
    t.ended_at, t.confirmation_code, t.cancel_reason, t.payment_id, t.intent_user, t.intent_key, t.seq
from bookings as t
where t.account_id = $1::text and t.id = $2::text
