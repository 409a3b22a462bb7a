-- payment_update.sql: a payment as it now is.
update payments
set status = :status, refunded = :refunded, refund_pending = :refund_pending, seq = :seq
where id = :id and account = :account
  -- What was taken, how and for what never changes.
  and resource_id = :resource_id and method = :method and reference = :reference
  and amount = :amount and currency = :currency and created_at = :created_at
