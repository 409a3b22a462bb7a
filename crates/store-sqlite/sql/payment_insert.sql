-- payment_insert.sql: a new payment.
insert into payments (
    account, id, booking_id, method, reference, status, amount, currency, refunded, created_at, seq
) values (
    :account, :id, :booking_id, :method, :reference, :status, :amount, :currency, :refunded,
    :created_at, :seq
)
