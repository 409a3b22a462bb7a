-- allowance_lock.sql: what people have taken of events, locked until the batch ends.
select t.account_id, t.event_id, t.person_id, t.taken
from (
    select k.event_id, k.person_id
    from unnest($2::text[], $3::text[]) as k (event_id, person_id)
    order by k.event_id, k.person_id   -- all writers lock them in this order
) as k
cross join lateral (
    select *
    from allowances as t
    where t.account_id = $1::text and t.event_id = k.event_id and t.person_id = k.person_id
    for update
) as t
