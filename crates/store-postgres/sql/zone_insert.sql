-- zone_insert.sql: new zones.
insert into zones (account_id, id, event_id, position, name, price, currency, numbered, seq)
select account_id, id, event_id, position, name, price, currency, numbered, seq
from unnest(
    $1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::bigint[], $7::text[],
    $8::boolean[], $9::bigint[]
) as k (
    account_id, id, event_id, position, name, price, currency, numbered, seq
)
