-- payment_get.sql: one payment.
select account_id, id, booking_id, method, reference, status, amount, currency, refunded, created_at, seq
from payments
where account_id = :account and id = :id
