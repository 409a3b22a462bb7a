-- record_get.sql: the records of keys, with their answers.
select t.account_id, t.scope, t.key, t.fingerprint, t.method, t.path, t.state, t.answer_format,
    t.status, t.content_type, t.location, t.body, t.resource_id, t.first_seen_at, t.last_seen_at,
    t.attempts, t.keep_until
from unnest($2::text[], $3::text[]) as k (scope, key)
cross join lateral (
    select *
    from idempotency as t
    where t.account_id = $1::text and t.scope = k.scope and t.key = k.key
    offset 0
) as t
