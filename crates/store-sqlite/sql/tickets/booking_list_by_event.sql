-- booking_list_by_event.sql: bookings of an event, newest first.
select account_id, id, event_id, zone_id, person_id, user_id, quantity, seats, total, currency,
    status, expires_at, created_at, confirmed_at, ended_at, confirmation_code, cancel_reason,
    payment_id, intent_user, intent_key, seq
from all_bookings
where event = :event and account = :account and id < :after
  and (:status is null or status = :status)
order by id desc
limit :limit
