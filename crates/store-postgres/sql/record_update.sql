-- record_update.sql: records as they now are. A key that was forgotten and used again within one
-- batch is bound anew.
update idempotency as t
set fingerprint = k.fingerprint, method = k.method, path = k.path, state = k.state,
    answer_format = k.answer_format, status = k.status, content_type = k.content_type,
    location = k.location, body = k.body, resource_id = k.resource_id,
    first_seen_at = k.first_seen_at, last_seen_at = k.last_seen_at, attempts = k.attempts,
    keep_until = k.keep_until
from unnest(
    $1::text[], $2::text[], $3::text[], $4::bytea[], $5::text[], $6::text[], $7::text[],
    $8::bigint[], $9::bigint[], $10::text[], $11::text[], $12::bytea[], $13::text[],
    $14::bigint[], $15::bigint[], $16::bigint[], $17::bigint[], $18::bigint[], $19::bigint[]
) as k (
    account_id, user_id, key, fingerprint, method, path, state, answer_format, status,
    content_type, location, body, resource_id, first_seen_at, last_seen_at, attempts, keep_until,
    was_first_seen_at, was_attempts
)
where t.account_id = k.account_id and t.user_id = k.user_id and t.key = k.key
  -- As it was when it was loaded, where it was: records are not locked until they are written.
  and (k.was_first_seen_at is null
       or (t.first_seen_at = k.was_first_seen_at and t.attempts = k.was_attempts))
