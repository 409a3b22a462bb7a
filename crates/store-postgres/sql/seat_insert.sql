-- seat_insert.sql: numbered seats of new zones.
insert into seats (account_id, zone_id, number, label)
select f.account_id,
    k.zone_id, k.number, k.label
from feeds as f,   -- the account's own row: what is inserted lies where that lies
    unnest(
        $2::text[], $3::bigint[], $4::text[]
    ) as k (
        zone_id, number, label
    )
where f.account_id = $1::text
