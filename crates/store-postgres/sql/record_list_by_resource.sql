-- record_list_by_resource.sql: records whose answers are about a thing, the oldest first.
select account_id, scope, key, fingerprint, method, path, state, answer_format, status,
    content_type, location, body, resource_id, first_seen_at, last_seen_at, attempts, keep_until
from idempotency
where account_id = $1::text and resource_id = $2::text
order by first_seen_at, scope, key
