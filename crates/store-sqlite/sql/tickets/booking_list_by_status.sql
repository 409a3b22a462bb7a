-- booking_list_by_status.sql: bookings with a status, newest first.
select account_id, id, event_id, zone_id, person_id, user_id, quantity, seats, total, currency,
    status, expires_at, created_at, confirmed_at, ended_at, confirmation_code, cancel_reason,
    payment_id, intent_user, intent_key, seq
from all_bookings
where account = :account and status = :status and id < :after
order by id desc
limit :limit
