-- seat_insert.sql: numbered seats of new zones.
insert into seats (account_id, zone_id, number, label)
select account_id, zone_id, number, label
from unnest(
    $1::text[], $2::text[], $3::bigint[], $4::text[]
) as k (
    account_id, zone_id, number, label
)
