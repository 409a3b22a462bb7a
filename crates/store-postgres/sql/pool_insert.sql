-- pool_insert.sql: the pools of new owners as wholes.
insert into pools (account_id, owner_id, part, capacity, held, sold)
select f.account_id,
    k.owner_id, k.part, k.capacity, k.held, k.sold
from feeds as f,   -- the account's own row: what is inserted lies where that lies
    unnest(
        $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[]
    ) as k (
        owner_id, part, capacity, held, sold
    )
where f.account_id = $1::text
