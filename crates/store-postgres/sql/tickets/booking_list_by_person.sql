-- booking_list_by_person.sql: bookings of a person, newest first.
select b.account_id, b.id, b.event_id, b.zone_id, b.person_id,
    (select p.user_id from people as p where p.account_id = $1::text and p.id = b.person_id) as user_id,
    b.quantity, b.seats, b.total, b.currency, b.status, b.expires_at, b.created_at, b.confirmed_at,
    b.ended_at, b.confirmation_code, b.cancel_reason, b.payment_id, b.intent_user, b.intent_key, b.seq
from bookings b
where b.account_id = $1::text and b.person_id = $2::text and b.id < $5::text
  and ($3::text is null or b.event_id = $3::text)
  and ($4::text is null or b.status = $4::text)
order by b.id desc
limit $6::bigint
