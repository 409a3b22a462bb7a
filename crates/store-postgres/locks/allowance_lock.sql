-- allowance_lock.sql: what people have taken of events, locked until the batch ends.
select t.account_id, t.event_id, t.person_id, t.taken
from unnest($1::text[], $2::text[], $3::text[]) as k (account_id, event_id, person_id)
join allowances as t
    on t.account_id = k.account_id and t.event_id = k.event_id and t.person_id = k.person_id
order by t.account_id, t.event_id, t.person_id   -- all writers lock them in this order
for update of t
