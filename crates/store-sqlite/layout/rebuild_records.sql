-- rebuild_records.sql: what the hash index of records is built from.
select no, account_id, scope, key
from all_idempotency
