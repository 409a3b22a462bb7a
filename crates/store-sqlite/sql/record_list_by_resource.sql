-- record_list_by_resource.sql: records whose answers are about a thing, the oldest first.
select account_id, scope, key, fingerprint, method, path, state, answer_format, status,
    content_type, location, body, resource_id, first_seen_at, last_seen_at, attempts, keep_until
from all_idempotency
where resource_id = :resource and account_id = :account
order by first_seen_at, scope, key
