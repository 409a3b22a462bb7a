-- record_see.sql: keys were seen again. Their records may be gone by now.
update idempotency as t
set attempts = t.attempts + k.count,
    last_seen_at = greatest(t.last_seen_at, k.last_seen_at)
from unnest(
    $1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[]
) as k (
    account_id, user_id, key, count, last_seen_at
)
where t.account_id = k.account_id and t.user_id = k.user_id and t.key = k.key
