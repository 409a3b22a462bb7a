-- booking_list_by_event.sql: bookings of an event, newest first.
select b.account_id, b.id, b.event_id, b.zone_id, b.person_id,
    (select p.user_id from people as p where p.account_id = $1::text and p.id = b.person_id) as user_id,
    b.quantity, b.seats, b.total, b.currency, b.status, b.expires_at, b.created_at, b.confirmed_at,
    b.ended_at, b.confirmation_code, b.cancel_reason, b.payment_id, b.intent_user, b.intent_key, b.seq
from bookings b
where b.account_id = $1::text and b.event_id = $2::text and b.id < $4::text
  and ($3::text is null or b.status = $3::text)
order by b.id desc
limit $5::bigint
