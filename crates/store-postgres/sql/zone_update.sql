-- zone_update.sql: zones as they now are.
insert into zones (account_id, id, event_id, position, name, price, currency, numbered, seq)
select t.account_id,
    k.id, k.event_id, k.position, k.name, k.price, k.currency, k.numbered, k.seq
from unnest(
    $2::text[], $3::text[], $4::bigint[], $5::text[], $6::bigint[], $7::text[], $8::boolean[],
    $9::bigint[]
) as k (
    id, event_id, position, name, price, currency, numbered, seq
)
cross join lateral (   -- only rows that are there, each found by its whole key
    select t.account_id
    from zones as t
    where t.account_id = $1::text and t.id = k.id
    offset 0
) as t
on conflict (account_id, id) do update
set name = excluded.name, price = excluded.price, seq = excluded.seq
-- Where a zone belongs, and whether its units are seats, never changes.
where zones.event_id = excluded.event_id
  and zones.position = excluded.position
  and zones.currency = excluded.currency
  and zones.numbered = excluded.numbered
