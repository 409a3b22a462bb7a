-- record_update.sql: a record as it now is. A key whose tombstone expired and that is used again within one
-- batch is bound again.
update idempotency
set fingerprint = :fingerprint, method = :method, path = :path, state = :state,
    answer_format = :answer_format, status = :status, content_type = :content_type,
    location = :location, body = :body, resource_id = :resource_id, first_seen_at = :first_seen_at,
    last_seen_at = :last_seen_at, attempts = :attempts, keep_until = :keep_until
where no = :no and account = :account and scope = :scope and key = :key
