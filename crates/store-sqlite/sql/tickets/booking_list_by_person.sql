-- booking_list_by_person.sql: bookings of a person, newest first.
select account_id, id, event_id, zone_id, person_id, user_id, quantity, seats, total, currency,
    status, expires_at, created_at, confirmed_at, ended_at, confirmation_code, cancel_reason,
    payment_id, intent_user, intent_key, seq
from all_bookings
where person = :person and id < :after
  and (:event is null or event = :event)
  and (:status is null or status = :status)
order by id desc
limit :limit
