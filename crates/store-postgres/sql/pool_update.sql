-- pool_update.sql: the counters of pools as they now are.
update pools as t
set capacity = k.capacity, held = k.held, sold = k.sold
from unnest(
    $1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[]
) as k (
    account_id, zone_id, part, capacity, held, sold
)
where t.account_id = k.account_id and t.zone_id = k.zone_id and t.part = k.part
