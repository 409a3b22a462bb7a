-- payment_get.sql: one payment.
select account_id, id, resource_id, method, reference, status, amount, currency, refunded,
    refund_pending, created_at, seq
from all_payments
where id = :id and account_id = :account
