-- rebuild_records.sql: what records are found by.
select no, account_id, user_id, key
from all_idempotency
