-- payment_get.sql: one payment.
select account_id, id, booking_id, method, reference, status, amount, currency, refunded, created_at, seq
from all_payments
where id = :id and account_id = :account
