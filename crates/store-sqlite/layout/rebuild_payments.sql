-- rebuild_payments.sql: what payments are found by.
select no, account_id, reference
from all_payments
