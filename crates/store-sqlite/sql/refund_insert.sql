-- refund_insert.sql: a new refund.
insert into refunds (account_id, id, payment_id, amount, currency, reason, created_at)
values (:account, :id, :payment, :amount, :currency, :reason, :created_at)
