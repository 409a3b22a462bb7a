-- record_insert.sql: the records of keys that are new: it fails where a key has one. A key that
-- another transaction has just answered is waited for; where that one commits, the batch is decided
-- again and replays its answer.
insert into idempotency (
    account_id, user_id, key, fingerprint, method, path, state, answer_format, status,
    content_type, location, body, resource_id, first_seen_at, last_seen_at, attempts, keep_until
)
select account_id, user_id, key, fingerprint, method, path, state, answer_format, status,
    content_type, location, body, resource_id, first_seen_at, last_seen_at, attempts, keep_until
from unnest(
    $1::text[], $2::text[], $3::text[], $4::bytea[], $5::text[], $6::text[], $7::text[],
    $8::bigint[], $9::bigint[], $10::text[], $11::text[], $12::bytea[], $13::text[],
    $14::bigint[], $15::bigint[], $16::bigint[], $17::bigint[]
) as k (
    account_id, user_id, key, fingerprint, method, path, state, answer_format, status,
    content_type, location, body, resource_id, first_seen_at, last_seen_at, attempts, keep_until
)
order by account_id, user_id, key   -- all writers insert them in this order
