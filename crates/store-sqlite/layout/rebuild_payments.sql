-- rebuild_payments.sql: what the hash index of payments is built from.
select no, account_id, method, reference
from all_payments
