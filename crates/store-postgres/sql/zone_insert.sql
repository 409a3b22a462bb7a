-- zone_insert.sql: new zones.
insert into zones (account_id, id, event_id, position, name, price, currency, numbered, seq)
select f.account_id,
    k.id, k.event_id, k.position, k.name, k.price, k.currency, k.numbered, k.seq
from feeds as f,   -- the account's own row: what is inserted lies where that lies
    unnest(
        $2::text[], $3::text[], $4::bigint[], $5::text[], $6::bigint[], $7::text[], $8::boolean[],
        $9::bigint[]
    ) as k (
        id, event_id, position, name, price, currency, numbered, seq
    )
where f.account_id = $1::text
