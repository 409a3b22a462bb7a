-- allowance_insert.sql: the first units that people take of events. Where another writer was
-- faster, the batch is decided again.
insert into allowances (account_id, event_id, person_id, taken)
select account_id, event_id, person_id, taken
from unnest(
    $1::text[], $2::text[], $3::text[], $4::bigint[]
) as k (
    account_id, event_id, person_id, taken
)
