-- allowance_update.sql: what people have now taken of events.
update allowances as t
set taken = k.taken
from unnest(
    $1::text[], $2::text[], $3::text[], $4::bigint[]
) as k (
    account_id, event_id, person_id, taken
)
where t.account_id = k.account_id and t.event_id = k.event_id and t.person_id = k.person_id
