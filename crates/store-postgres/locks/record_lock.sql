-- record_lock.sql: records that are about to be written, locked in one order by all writers.
select t.key
from (
    select k.scope, k.key
    from unnest($2::text[], $3::text[]) as k (scope, key)
    order by k.scope, k.key
) as k
cross join lateral (
    select t.key
    from idempotency as t
    where t.account_id = $1::text and t.scope = k.scope and t.key = k.key
    for update
) as t
