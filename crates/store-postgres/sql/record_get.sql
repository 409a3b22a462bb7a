-- record_get.sql: the records of keys, with their answers.
select t.account_id, t.user_id, t.key, t.fingerprint, t.method, t.path, t.state, t.answer_format,
    t.status, t.content_type, t.location, t.body, t.resource_id, t.first_seen_at, t.last_seen_at,
    t.attempts, t.keep_until
from unnest($1::text[], $2::text[], $3::text[]) as k (account_id, user_id, key)
join idempotency as t on t.account_id = k.account_id and t.user_id = k.user_id and t.key = k.key
