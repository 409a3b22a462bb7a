-- allowance_update.sql: what people have now taken of events.
insert into allowances (account_id, event_id, person_id, taken)
select t.account_id,
    k.event_id, k.person_id, k.taken
from unnest(
    $2::text[], $3::text[], $4::bigint[]
) as k (
    event_id, person_id, taken
)
cross join lateral (   -- only rows that are there, each found by its whole key
    select t.account_id
    from allowances as t
    where t.account_id = $1::text and t.event_id = k.event_id and t.person_id = k.person_id
    offset 0
) as t
on conflict (account_id, event_id, person_id) do update
set taken = excluded.taken
