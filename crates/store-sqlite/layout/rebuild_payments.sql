-- rebuild_payments.sql: what payments are found by.
select no, account_id, method, reference
from all_payments
