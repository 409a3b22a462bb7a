-- booking_update.sql: a booking as it now is.
update bookings
set status = :status, expires_at = :expires_at, confirmed_at = :confirmed_at,
    ended_at = :ended_at, confirmation_code = :confirmation_code, cancel_reason = :cancel_reason,
    payment_id = :payment_id, seq = :seq
where id = :id and account = :account
  -- What was claimed, by whom, for how much and by which intent never changes.
  and event = :event and zone = :zone and person = :person
  and quantity = :quantity and seats is not distinct from :seats
  and total = :total and currency = :currency and created_at = :created_at
  and intent_user is not distinct from :intent_user
  and intent_key is not distinct from :intent_key
