-- record_update.sql: records as they now are. A key whose tombstone expired and that is used again within
-- one batch is bound again.
insert into idempotency (
    account_id, scope, key, fingerprint, method, path, state, answer_format, status,
    content_type, location, body, resource_id, first_seen_at, last_seen_at, attempts, keep_until
)
select t.account_id,
    k.scope, k.key, k.fingerprint, k.method, k.path, k.state, k.answer_format, k.status,
    k.content_type, k.location, k.body, k.resource_id, k.first_seen_at, k.last_seen_at,
    k.attempts, k.keep_until
from unnest(
    $2::text[], $3::text[], $4::bytea[], $5::text[], $6::text[], $7::text[], $8::bigint[],
    $9::bigint[], $10::text[], $11::text[], $12::bytea[], $13::text[], $14::bigint[],
    $15::bigint[], $16::bigint[], $17::bigint[], $18::bigint[], $19::bigint[]
) as k (
    scope, key, fingerprint, method, path, state, answer_format, status, content_type, location,
    body, resource_id, first_seen_at, last_seen_at, attempts, keep_until, was_first_seen_at,
    was_attempts
)
cross join lateral (   -- only rows that are there, each found by its whole key
    select t.account_id
    from idempotency as t
    where t.account_id = $1::text and t.scope = k.scope and t.key = k.key
      -- As it was when it was loaded, where it was: records are not locked until they are written.
      and (k.was_first_seen_at is null
           or (t.first_seen_at = k.was_first_seen_at and t.attempts = k.was_attempts))
    offset 0
) as t
on conflict (account_id, scope, key) do update
set fingerprint = excluded.fingerprint, method = excluded.method, path = excluded.path,
    state = excluded.state, answer_format = excluded.answer_format, status = excluded.status,
    content_type = excluded.content_type, location = excluded.location, body = excluded.body,
    resource_id = excluded.resource_id, first_seen_at = excluded.first_seen_at,
    last_seen_at = excluded.last_seen_at, attempts = excluded.attempts,
    keep_until = excluded.keep_until
