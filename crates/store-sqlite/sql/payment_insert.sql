-- payment_insert.sql: a new payment.
insert into payments (
    account, id, resource_id, method, reference, status, amount, currency, refunded,
    refund_pending, created_at, seq
) values (
    :account, :id, :resource_id, :method, :reference, :status, :amount, :currency, :refunded,
    :refund_pending, :created_at, :seq
)
