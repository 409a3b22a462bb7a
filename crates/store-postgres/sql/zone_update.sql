-- zone_update.sql: zones as they now are.
update zones as t
set name = k.name, price = k.price, seq = k.seq
from unnest(
    $1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::bigint[], $7::text[],
    $8::boolean[], $9::bigint[]
) as k (
    account_id, id, event_id, position, name, price, currency, numbered, seq
)
where t.account_id = k.account_id and t.id = k.id
  -- Where a zone belongs, and whether its units are seats, never changes.
  and t.event_id = k.event_id and t.position = k.position and t.currency = k.currency
  and t.numbered = k.numbered
