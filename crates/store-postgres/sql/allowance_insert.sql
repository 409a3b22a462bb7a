-- allowance_insert.sql: the first units that people take of events. Where another writer was
-- faster, the batch is decided again.
insert into allowances (account_id, event_id, person_id, taken)
select f.account_id,
    k.event_id, k.person_id, k.taken
from feeds as f,   -- the account's own row: what is inserted lies where that lies
    unnest(
        $2::text[], $3::text[], $4::bigint[]
    ) as k (
        event_id, person_id, taken
    )
where f.account_id = $1::text
