-- record_get.sql: the record of a key, with its answer, where it is at that number.
select no, account_id, scope, key, fingerprint, method, path, state, answer_format, status,
    content_type, location, body, resource_id, first_seen_at, last_seen_at, attempts, keep_until
from all_idempotency
where no = :no and account_id = :account and scope = :scope and key = :key
