-- record_delete.sql: records are forgotten, and claims that came to nothing.
delete from idempotency as t
using unnest(
    $1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[]
) as k (
    account_id, user_id, key, was_first_seen_at, was_attempts
)
where t.account_id = k.account_id and t.user_id = k.user_id and t.key = k.key
  -- As it was when it was loaded, where it was: records are not locked until they are written.
  and (k.was_first_seen_at is null
       or (t.first_seen_at = k.was_first_seen_at and t.attempts = k.was_attempts))
