-- record_see.sql: keys were seen again. Their records may be gone by now.
insert into idempotency (
    account_id, scope, key, method, path, state, first_seen_at, last_seen_at, attempts
)
select t.account_id, t.scope, t.key, t.method, t.path, t.state, t.first_seen_at,
    k.last_seen_at, k.count
from unnest(
    $2::text[], $3::text[], $4::bigint[], $5::bigint[]
) as k (
    scope, key, count, last_seen_at
)
cross join lateral (   -- only rows that are there, each found by its whole key
    select *
    from idempotency as t
    where t.account_id = $1::text and t.scope = k.scope and t.key = k.key
    offset 0
) as t
on conflict (account_id, scope, key) do update
set attempts = idempotency.attempts + excluded.attempts,
    last_seen_at = greatest(idempotency.last_seen_at, excluded.last_seen_at)
