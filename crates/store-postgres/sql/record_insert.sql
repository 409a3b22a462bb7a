-- record_insert.sql: the records of keys that are new: none is written where a key has one.
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
on conflict (account_id, user_id, key) do update
set fingerprint = excluded.fingerprint, method = excluded.method, path = excluded.path,
    state = excluded.state, answer_format = excluded.answer_format, status = excluded.status,
    content_type = excluded.content_type, location = excluded.location, body = excluded.body,
    resource_id = excluded.resource_id, first_seen_at = excluded.first_seen_at,
    last_seen_at = excluded.last_seen_at, attempts = excluded.attempts,
    keep_until = excluded.keep_until
-- Only the claim that this transaction made itself; nobody else's is ever seen.
where idempotency.state = 'claimed'
