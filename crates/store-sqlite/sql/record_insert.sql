-- record_insert.sql: the record of a key that is new.
insert into idempotency (
    account, scope, key, fingerprint, method, path, state, answer_format, status, content_type,
    location, body, resource_id, first_seen_at, last_seen_at, attempts, keep_until
) values (
    :account, :scope, :key, :fingerprint, :method, :path, :state, :answer_format, :status,
    :content_type, :location, :body, :resource_id, :first_seen_at, :last_seen_at, :attempts,
    :keep_until
)
