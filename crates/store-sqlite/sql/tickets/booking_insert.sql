-- booking_insert.sql: a new booking.
insert into bookings (
    account, id, event, zone, person, quantity, seats, total, currency, status, expires_at,
    created_at, confirmed_at, ended_at, confirmation_code, cancel_reason, payment_id, intent_user,
    intent_key, seq
) values (
    :account, :id, :event, :zone, :person, :quantity, :seats, :total, :currency, :status,
    :expires_at, :created_at, :confirmed_at, :ended_at, :confirmation_code, :cancel_reason,
    :payment_id, :intent_user, :intent_key, :seq
)
