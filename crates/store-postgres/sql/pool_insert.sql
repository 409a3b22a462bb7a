-- pool_insert.sql: the pools of new zones.
insert into pools (account_id, zone_id, part, capacity, held, sold)
select account_id, zone_id, part, capacity, held, sold
from unnest(
    $1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[]
) as k (
    account_id, zone_id, part, capacity, held, sold
)
