-- payment_all.sql: every payment, for the audit.
select account_id, id, resource_id, method, reference, status, amount, currency, refunded,
    refund_pending, created_at, seq
from all_payments
