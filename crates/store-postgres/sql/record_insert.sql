-- record_insert.sql: the records of keys that are new: it fails where a key has one. A key that
-- another transaction has just answered is waited for; where that one commits, the batch is decided
-- again and replays its answer.
insert into idempotency (
    account_id, scope, key, fingerprint, method, path, state, answer_format, status,
    content_type, location, body, resource_id, first_seen_at, last_seen_at, attempts, keep_until
)
select f.account_id,
    k.scope, k.key, k.fingerprint, k.method, k.path, k.state, k.answer_format, k.status,
    k.content_type, k.location, k.body, k.resource_id, k.first_seen_at, k.last_seen_at,
    k.attempts, k.keep_until
from feeds as f,   -- the account's own row: what is inserted lies where that lies
    unnest(
        $2::text[], $3::text[], $4::bytea[], $5::text[], $6::text[], $7::text[], $8::bigint[],
        $9::bigint[], $10::text[], $11::text[], $12::bytea[], $13::text[], $14::bigint[],
        $15::bigint[], $16::bigint[], $17::bigint[]
    ) as k (
        scope, key, fingerprint, method, path, state, answer_format, status, content_type,
        location, body, resource_id, first_seen_at, last_seen_at, attempts, keep_until
    )
where f.account_id = $1::text
order by k.scope, k.key   -- all writers insert them in this order
