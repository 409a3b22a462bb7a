-- payment_all.sql: every payment, for the audit.
select account_id, id, booking_id, method, reference, status, amount, currency, refunded, created_at, seq
from all_payments
