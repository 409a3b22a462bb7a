-- record_claim.sql: all keys of a batch are claimed before anything else. A key that another
-- transaction has claimed is waited for: then its record is there, or the key is free. No claim is
-- ever committed: it becomes a record or goes.
insert into idempotency (
    account_id, user_id, key, method, path, state, first_seen_at, last_seen_at, attempts
)
select account_id, user_id, key, '', '', 'claimed', 0, 0, 0
from unnest($1::text[], $2::text[], $3::text[]) as k (account_id, user_id, key)
order by account_id, user_id, key   -- all writers claim them in this order
on conflict (account_id, user_id, key) do nothing
returning account_id, user_id, key
