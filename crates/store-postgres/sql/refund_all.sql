-- refund_all.sql: every refund, for the audit.
select account_id, id, payment_id, amount, currency, reason, created_at
from refunds
